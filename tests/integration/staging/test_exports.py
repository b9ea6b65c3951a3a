"""What is exported, in any format, imports again as unchanged."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importers.testing import AWKWARD
from pim.db.unit_of_work import unit_of_work
from pim.errors import NotFound, Refused
from pim.projection import Projection
from pim.staging.exports import ExportOptions, export
from pim.structure.flat import ENTITIES
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

FORMATS = ("csv", "xlsx", "jsonl")


@pytest.fixture
def projection(catalogue: Catalogue) -> Iterator[Projection]:
    made = Projection(catalogue.settings.projection, catalogue.engine)
    made.refresh()
    yield made
    made.close()


def exported(
    catalogue: Catalogue, projection: Projection, entity: str, name: str, **options: Any
) -> Path:
    path = catalogue.folder / name
    with unit_of_work(catalogue.engine) as work:
        structure = current(work.session)
        chosen = ExportOptions(**options)
        export(work.session, structure, projection, entity, path, chosen, now=work.clock())
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_entity_comes_back_unchanged(
    catalogue: Catalogue, projection: Projection, file_format: str
) -> None:
    before = catalogue.state()
    for entity in ENTITIES:
        path = exported(catalogue, projection, entity.code, f"{entity.code}.{file_format}")

        again = catalogue.take(path)

        assert again.counts.rows == again.counts.unchanged > 0, (entity.code, again)
        assert (again.violations, again.change_set) == ([], None)
    assert catalogue.state() == before


@pytest.mark.parametrize("file_format", FORMATS)
def test_awkward_texts_come_back_unchanged(
    catalogue: Catalogue, projection: Projection, file_format: str
) -> None:
    texts = (*AWKWARD, "line\r\nends", "carriage\rreturn", "_x000D_ and _x0041_", '"', "a;b,c\t|")
    catalogue.rows(
        "products",
        *({"sku": f"a{n}", "description-en_GB-web": t} for n, t in enumerate(texts)),
    )
    before = catalogue.state()
    assert catalogue.value(f"a{len(AWKWARD)}", "description", "web", "en_GB") == "line\r\nends"

    again = catalogue.take(exported(catalogue, projection, "products", f"products.{file_format}"))

    assert again.counts.unchanged == again.counts.rows
    assert catalogue.state() == before


def test_a_catalogue_moves_into_an_empty_one(catalogue: Catalogue, projection: Projection) -> None:
    for entity in ("product_models", "products"):
        exported(catalogue, projection, entity, f"move/{entity}.jsonl")
    values = "SELECT identifier, values FROM product ORDER BY 1"
    links = "SELECT identifier, associations FROM product ORDER BY 1"
    held, linked = catalogue.query(values), catalogue.query(links)
    catalogue.execute("DELETE FROM unique_value")
    catalogue.execute("DELETE FROM product")
    catalogue.execute("DELETE FROM product_model")

    again = catalogue.take(catalogue.folder / "move")

    assert (again.counts.created, again.violations) == (10, [])
    assert catalogue.query(values) == held
    assert [{t: set(s) for t, s in r[1].items()} for r in catalogue.query(links)] == [
        {t: set(s) for t, s in r[1].items()} for r in linked
    ]


def test_a_condition_attributes_a_scope_and_locales_narrow_it(
    catalogue: Catalogue, projection: Projection
) -> None:
    path = exported(
        catalogue, projection, "products", "some.csv",
        where={"field": "family", "operator": "IN", "value": ["care"]},
        attributes=("NAME", "price"), locales=("en_GB",), scope="WEB",
    )  # fmt: skip

    rows = read(path)

    assert [row["sku"] for row in rows] == ["wax", "laces"]
    assert [c for c in rows[0] if c.startswith(("name", "price", "ean"))] == [
        "name-en_GB",
        "price-EUR",
    ]
    assert catalogue.take(path, entity="products").counts.unchanged == 2


def test_models_are_chosen_by_condition_too(catalogue: Catalogue, projection: Projection) -> None:
    where = {"field": "color", "operator": "IN", "value": ["black"]}

    path = exported(catalogue, projection, "product_models", "models.csv", where=where)

    assert [row["code"] for row in read(path)] == ["derby-black"]


@pytest.mark.parametrize(
    ("entity", "name", "options", "said"),
    [
        ("ships", "a.csv", {}, 'no entity "ships"'),
        ("products", "a.pdf", {}, '"pdf" is no export format: choose csv, jsonl, xlsx'),
        ("products", "a.csv", {"attributes": ("colour",)}, "no attribute colour"),
        ("products", "a.csv", {"scope": "shop"}, 'no channel "shop"'),
        ("products", "a.csv", {"locales": ("xx_XX",)}, "xx_XX"),
    ],
)
def test_what_does_not_exist_is_refused_and_no_file_is_left(
    catalogue: Catalogue,
    projection: Projection,
    entity: str,
    name: str,
    options: dict[str, Any],
    said: str,
) -> None:
    catalogue.folder.mkdir(parents=True, exist_ok=True)
    with pytest.raises((Refused, NotFound), match=said):
        exported(catalogue, projection, entity, name, **options)

    assert list(catalogue.folder.iterdir()) == []


def test_a_text_that_no_sheet_can_hold_is_refused_not_cut(
    catalogue: Catalogue, projection: Projection
) -> None:
    catalogue.rows("products", {"sku": "wax", "description-en_GB-web": "x" * 40_000})

    with pytest.raises(Refused, match="has 40000: choose CSV"):
        exported(catalogue, projection, "products", "products.xlsx")

    assert not (catalogue.folder / "products.xlsx").exists()


def test_the_next_export_replaces_the_file_as_a_whole(
    catalogue: Catalogue, projection: Projection
) -> None:
    path = exported(catalogue, projection, "products", "products.csv")
    first = path.read_bytes()

    exported(catalogue, projection, "products", "products.csv")

    assert path.read_bytes() == first
    assert [p.name for p in catalogue.folder.iterdir()] == ["products.csv"]


def test_ten_thousand_products_are_exported_in_seconds(
    catalogue: Catalogue, projection: Projection
) -> None:
    catalogue.execute(
        "INSERT INTO product (identifier, family_id, \"values\") SELECT 'many' || n, family_id,"
        " \"values\" - 'ean' FROM product, generate_series(1, 10000) n WHERE identifier = 'wax'"
    )

    start = time.perf_counter()
    path = exported(catalogue, projection, "products", "products.csv")

    assert time.perf_counter() - start < 10
    assert len(read(path)) == 10_006


def test_a_csv_file_shows_formulas_as_text_and_takes_them_back_as_they_were(
    catalogue: Catalogue, projection: Projection
) -> None:
    catalogue.rows(
        "products", {"sku": "wax", "name-en_GB": "=1+1"}, {"sku": "laces", "name-en_GB": "''@x"}
    )
    path = exported(catalogue, projection, "products", "products.csv")

    names = {row["sku"]: row["name-en_GB"] for row in read(path)}
    again = catalogue.take(path)

    assert (names["wax"], names["laces"]) == ("'=1+1", "''@x")
    assert again.counts.rows == again.counts.unchanged > 0
