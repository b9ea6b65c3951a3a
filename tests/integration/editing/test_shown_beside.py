"""What previews show of groups, links, family and parent: by name, before and after."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pim.db.unit_of_work import unit_of_work
from pim.domain.operations import parse
from pim.editing.carrying import rows_of
from pim.products.history import find_entity
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

Row = tuple[str, str, Any, Any, str]


def previewed(
    catalogue: Catalogue, do: dict[str, Any], *names: str, without: frozenset[str] = frozenset()
) -> list[Row]:
    """Return identifier, column, before, after and outcome of each cell; nothing is written."""
    with unit_of_work(catalogue.engine, dry_run=True) as work:
        structure = current(work.session)
        [operation] = parse([do], structure)
        writer = rows_of(operation, structure).without(without)
        if writer is None:
            return []
        found = [find_entity(work.session, name) for name in names]
        decided = writer.decide(
            work.session, structure, found[0].kind, [each.id for each in found], hold=False
        )
        cells = decided.cells()
    rows = cells.select("identifier", "field", "before", "after", "outcome").rows()
    return [
        (name, field, *(data and orjson.loads(data) for data in sides), outcome)
        for name, field, *sides, outcome in rows
    ]


SHOWN: list[tuple[dict[str, Any], str, list[tuple[Any, ...]]]] = [
    ({"type": "set_groups", "groups": ["sale"]}, "wax",
     [("groups", ["new", "sale"], ["sale"], "changed")]),
    ({"type": "set_groups", "groups": ["sale"]}, "derby", [("groups", None, None, "unchanged")]),
    ({"type": "associate", "association": "X_SELL", "products": ["moc-41"], "groups": ["new"]},
     "wax",
     [("X_SELL-products", ["DRB-BLK-41", "DRB-BLK-42"], ["DRB-BLK-41", "DRB-BLK-42", "MOC-41"],
       "changed"), ("X_SELL-groups", None, ["new"], "changed")]),
    ({"type": "associate", "association": "PACK", "products": ["MOC-41"], "quantity": 3}, "wax",
     [("PACK-products", {"MOC-41": 2}, {"MOC-41": 3}, "changed")]),
    ({"type": "associate", "association": "PACK", "products": ["nobody"]}, "wax",
     [("PACK-products", {"MOC-41": 2}, {"MOC-41": 2}, "invalid")]),
    ({"type": "dissociate", "association": "PAIR"}, "laces",
     [("PAIR-products", ["wax"], None, "changed"), ("PAIR-product_models", None, None, "unchanged"),
      ("PAIR-groups", None, None, "unchanged")]),
    ({"type": "set_family", "family": "shoes"}, "wax", [("family", "care", "shoes", "changed")]),
    ({"type": "set_family", "family": None}, "wax", [("family", "care", None, "changed")]),
    ({"type": "set_family", "family": "care"}, "MOC-41", [("family", "shoes", "shoes", "invalid")]),
    ({"type": "set_parent", "parent": "derby-cognac"}, "DRB-BLK-42",
     [("parent", "derby-black", "derby-cognac", "changed")]),
    ({"type": "set_parent", "parent": "derby-cognac"}, "wax", [("parent", None, None, "invalid")]),
    ({"type": "to_simple"}, "MOC-41", [("parent", "moc", None, "changed")]),
    ({"type": "to_simple"}, "wax", [("parent", None, None, "unchanged")]),
]  # fmt: skip


@pytest.mark.parametrize(("do", "name", "expected"), SHOWN)
def test_what_changes_is_shown_by_name(
    catalogue: Catalogue, do: dict[str, Any], name: str, expected: list[tuple[Any, ...]]
) -> None:
    assert previewed(catalogue, do, name) == [(name, *cells) for cells in expected]


def test_one_side_of_an_association_can_be_left_out(catalogue: Catalogue) -> None:
    do = {"type": "associate", "association": "X_SELL", "products": ["moc-41"], "groups": ["new"]}

    left = previewed(catalogue, do, "wax", without=frozenset({"X_SELL-products"}))

    assert left == [("wax", "X_SELL-groups", None, ["new"], "changed")]
    both = frozenset({"X_SELL-products", "X_SELL-groups"})
    assert previewed(catalogue, do, "wax", without=both) == []
