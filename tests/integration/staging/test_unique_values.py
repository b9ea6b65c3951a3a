"""Unique values may pass from one row of an import to another, and never belong to two."""

from __future__ import annotations

from sqlalchemy import text

from pim.staging.imports import ImportResult
from tests.factories.catalogue import Catalogue

BLACK_41, BLACK_42, WAX = "4006381333931", "4006381333948", "4006381333962"


def refused(result: ImportResult) -> list[tuple[int, str]]:
    return [(v["row"], v["code"]) for v in result.violations]


def registered(catalogue: Catalogue) -> dict[str, str]:
    query = text(
        "SELECT u.value, p.identifier FROM unique_value u JOIN product p ON p.id = u.entity_id"
    )
    with catalogue.engine.connect() as connection:
        return {row.value: row.identifier for row in connection.execute(query)}


def test_two_rows_swap_their_values(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "DRB-BLK-41", "ean": BLACK_42},
        {"sku": "DRB-BLK-42", "ean": BLACK_41},
    )

    assert (result.counts.updated, result.violations) == (2, [])
    assert catalogue.value("DRB-BLK-41", "ean") == BLACK_42
    assert registered(catalogue)[BLACK_42] == "DRB-BLK-41"
    assert registered(catalogue)[BLACK_41] == "DRB-BLK-42"


def test_a_swap_can_be_undone(catalogue: Catalogue) -> None:
    before = catalogue.state()
    result = catalogue.rows(
        "products",
        {"sku": "DRB-BLK-41", "ean": BLACK_42},
        {"sku": "DRB-BLK-42", "ean": BLACK_41},
    )

    catalogue.undo(result.change_set)

    assert catalogue.state() == before


def test_a_new_row_takes_what_another_gives_up(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "new", "family": "care", "ean": WAX},
        {"sku": "wax", "ean": "17"},
    )

    assert (result.counts.created, result.counts.updated) == (1, 1)
    assert registered(catalogue)[WAX] == "new"
    assert registered(catalogue)["17"] == "wax"


def test_who_would_take_from_a_refused_row_is_refused_and_so_on(catalogue: Catalogue) -> None:
    before = catalogue.state()

    result = catalogue.rows(
        "products",
        {"sku": "new", "family": "care", "ean": BLACK_41},
        {"sku": "DRB-BLK-41", "ean": BLACK_42},
        {"sku": "DRB-BLK-42", "ean": "17", "family": "boats"},
    )

    assert sorted(refused(result)) == [
        (2, "unique_taken"),
        (3, "unique_taken"),
        (4, "family_unknown"),
    ]
    assert catalogue.state() == before


def test_a_value_given_up_is_taken_once(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "n1", "family": "care", "ean": WAX},
        {"sku": "n2", "family": "care", "ean": WAX},
        {"sku": "wax", "ean": "17"},
    )

    assert refused(result) == [(3, "unique_taken")]
    assert registered(catalogue)[WAX] == "n1"
