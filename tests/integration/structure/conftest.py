"""A small catalogue to change, in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.structure import queries
from pim.structure.flat import Row, RowOutcome, apply_rows
from pim.structure.service import NOUNS, Outcome, remove, save


class Catalogue:
    """The verbs of the structure in short, on one unit of work."""

    def __init__(self, work: Work) -> None:
        self.work = work

    @property
    def structure(self) -> Structure:
        """Return the structure as it is now."""
        return queries.current(self.work.session)

    def save(self, noun: str, /, **document: Any) -> Outcome:
        """Create or update one thing."""
        [outcome] = save(self.work, NOUNS[noun], [document], change_set_id=None)
        return outcome

    def need(self, noun: str, /, **document: Any) -> None:
        """Create or update one thing that must go through."""
        outcome = self.save(noun, **document)
        assert outcome.status != "rejected", [v.text for v in outcome.violations]

    def remove(self, noun: str, /, **named: Any) -> Outcome:
        """Remove one thing."""
        return remove(self.work, NOUNS[noun], named, change_set_id=None)

    def rows(self, entity: str, *rows: Mapping[str, str], blank: Any = "keep") -> list[RowOutcome]:
        """Apply rows of a flat file, numbered from 2."""
        numbered = (Row(number=n, cells=cells) for n, cells in enumerate(rows, start=2))
        return list(apply_rows(self.work, entity, numbered, change_set_id=None, blank=blank))


@pytest.fixture
def empty(session: Session) -> Catalogue:
    """Return an empty catalogue."""
    return Catalogue(Work(session=session))


@pytest.fixture
def shoes(empty: Catalogue) -> Catalogue:
    """Return a catalogue of shoes: style > colourway > size, one channel, two locales."""
    for code in ("en_GB", "de_DE", "ja_JP"):
        empty.need("locale", code=code)
    for code, decimals in (("GBP", 2), ("EUR", 2), ("JPY", 0)):
        empty.need("currency", code=code, decimals=decimals)
    empty.need(
        "measurement_family",
        code="Weight",
        standard_unit="KILOGRAM",
        units=[
            {"code": "KILOGRAM", "symbol": "kg"},
            {"code": "GRAM", "convert": [{"operator": "mul", "value": "0.001"}]},
        ],
    )
    empty.need("category", code="shop", labels={"en_GB": "Shop"})
    empty.need("category", code="boots", parent="shop")
    empty.need("attribute_group", code="general")
    _attributes(empty)
    for code in ("red", "black"):
        empty.need("option", attribute="color", code=code, labels={"en_GB": code.title()})
    empty.need("option", attribute="size", code="38")
    empty.need("channel", code="web", tree="shop", locales=["en_GB", "de_DE"], currencies=["GBP"])
    empty.need(
        "family",
        code="boots",
        attributes=["name", "color", "size", "ean", "weight", "photo"],
        attribute_as_label="name",
        attribute_as_image="photo",
        requirements={"web": ["name", "color"]},
    )
    empty.need(
        "family_variant",
        code="boots_color_size",
        family="boots",
        levels={"1": {"axes": ["color"], "attributes": ["photo"]}, "2": {"axes": ["size"]}},
    )
    return empty


def _attributes(catalogue: Catalogue) -> None:
    for code, kind, more in (
        ("sku", "identifier", {}),
        ("name", "text", {"localizable": True}),
        ("color", "simpleselect", {}),
        ("size", "simpleselect", {}),
        ("ean", "text", {"unique": True}),
        ("photo", "image", {}),
        ("weight", "metric", {"properties": WEIGHT}),
    ):
        catalogue.need("attribute", code=code, type=f"pim_catalog_{kind}", group="general", **more)


WEIGHT = {
    "metric_family": "Weight",
    "default_metric_unit": "GRAM",
    "decimals_allowed": True,
    "negative_allowed": False,
}
