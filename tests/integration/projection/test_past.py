"""A reading of a past moment shows the catalogue as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from pim.domain.conditions import parse
from pim.errors import Refused
from pim.projection import Projection, past
from pim.projection.reading import Reading
from tests.factories.catalogue import Catalogue

COLUMNS = (
    "id", "identifier", "family", "family_variant", "parent_code", "root_code", "categories",
    "groups", "enabled", "name-en_GB", "name-de_DE", "price-EUR", "price-GBP", "offer-web-EUR",
    "color", "size", "brand", "materials", "weight", "weight-unit", "stock", "ean", "heel",
    "launch", "vegan", "description-en_GB-web",
)  # fmt: skip
LEVELS = ("simple", "variant", "model", "sub_model")


@pytest.fixture
def reader(catalogue: Catalogue) -> Iterator[Projection]:
    made = Projection(catalogue.settings.projection, catalogue.engine)
    yield made
    made.close()


def shown(reading: Reading) -> list[dict[str, Any]]:
    return reading.frame(COLUMNS, levels=LEVELS).to_dicts()


def now(reader: Projection) -> list[dict[str, Any]]:
    reader.refresh()
    with reader.read() as reading:
        return shown(reading)


def then(reader: Projection, moment: datetime) -> list[dict[str, Any]]:
    with reader.read_past(moment) as reading:
        return shown(reading)


def moment(catalogue: Catalogue) -> datetime:
    found: datetime = catalogue.query("SELECT clock_timestamp()")[0][0]
    return found


def edit(catalogue: Catalogue, entity: str, **row: str) -> int:
    result = catalogue.rows(entity, {name.replace("__", "-"): text for name, text in row.items()})
    assert not result.violations, result.violations
    assert result.change_set is not None
    return result.change_set


@pytest.mark.parametrize("in_memory", [past.IN_MEMORY, 0])
def test_each_moment_is_shown_as_it_was(
    catalogue: Catalogue, reader: Projection, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(past, "IN_MEMORY", in_memory)
    seen = {moment(catalogue): now(reader)}
    edits: list[tuple[str, dict[str, str]]] = [
        ("product_models", {"code": "derby", "name__en_GB": "Oxford", "vegan": "1"}),
        ("product_models", {"code": "derby-black", "price__EUR": "77", "offer__web__EUR": "60"}),
        ("products", {"sku": "DRB-BLK-41", "price__EUR": "1", "stock": "9"}),
        ("products", {"sku": "wax", "categories": "men", "groups": "", "enabled": "0"}),
        ("products", {"sku": "wax", "price__EUR": "8.50", "price__GBP": "7", "ean": ""}),
        ("product_models", {"code": "derby", "categories": "outlet", "materials": "cork"}),
        ("products", {"sku": "new", "family": "care", "name__en_GB": "New", "ean": "17"}),
        ("products", {"sku": "DRB-BLK-43", "parent": "derby-black", "size": "43"}),
    ]
    sets = []
    for entity, row in edits:
        sets.append(edit(catalogue, entity, **row))
        seen[moment(catalogue)] = now(reader)
    for change_set in (sets[-2], sets[-1], sets[1]):
        catalogue.undo(change_set)
        seen[moment(catalogue)] = now(reader)

    for when, rows in seen.items():
        assert then(reader, when) == rows
    assert not list((reader.folder / "segments").glob(".*"))


def test_a_deleted_style_comes_back_with_all_below(
    catalogue: Catalogue, reader: Projection
) -> None:
    rows = [
        ("product_models", {"code": "boot", "family_variant": "shoes_by_color_size",
                            "name-en_GB": "Boot"}),
        ("product_models", {"code": "boot-black", "parent": "boot", "color": "black",
                            "price-EUR": "5"}),
        ("products", {"sku": "B41", "parent": "boot-black", "size": "41", "stock": "2"}),
    ]  # fmt: skip
    sets = [catalogue.rows(entity, row).change_set for entity, row in rows]
    there, before = moment(catalogue), now(reader)
    undone = [catalogue.undo(change_set).change_set for change_set in reversed(sets)]
    away, without = moment(catalogue), now(reader)

    assert then(reader, there) == before
    for change_set in reversed(undone):
        catalogue.undo(change_set)
    assert then(reader, there) == before
    assert then(reader, away) == without
    assert "B41" not in {row["identifier"] for row in without}


def test_conditions_and_completeness_are_those_of_the_moment(
    catalogue: Catalogue, reader: Projection
) -> None:
    when = moment(catalogue)
    edit(catalogue, "products", sku="wax", name__en_GB="Beeswax")
    cheap = {"field": "name", "operator": "CONTAINS", "value": "Beeswax", "locale": "en_GB"}
    with reader.read_past(when) as reading:
        found = reading.matching(parse(cheap, reading.structure))
        assert (len(found), reading.as_of) == (0, when)
        assert reading.counts("enabled") == {True: 5, False: 1}
    with reader.read_past(moment(catalogue)) as reading:
        assert len(reading.matching(parse(cheap, reading.structure))) == 1


def test_a_moment_is_worked_out_once_until_something_changes(
    catalogue: Catalogue, reader: Projection
) -> None:
    when = moment(catalogue)
    edit(catalogue, "products", sku="wax", price__EUR="1")
    with reader.read_past(when) as first, reader.read_past(when) as second:
        assert first.state == second.state
    catalogue.execute("INSERT INTO change_log (subject) VALUES ('feed')")
    with reader.read_past(when) as again:
        assert again.state == first.state
    edit(catalogue, "products", sku="laces", price__EUR="2")
    with reader.read_past(when) as third:
        assert third.state != first.state
        rows = third.frame(["identifier", "price-EUR"]).rows()
    assert ("laces", None) in rows


def test_a_moment_beyond_the_horizon_is_refused(catalogue: Catalogue, reader: Projection) -> None:
    when = moment(catalogue)
    catalogue.execute("UPDATE horizon SET history_before = clock_timestamp()")

    with pytest.raises(Refused, match="was removed"), reader.read_past(when):
        pass
