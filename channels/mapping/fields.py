"""Fields of the catalogue as cells of the projection's frame, in a feed's context.

A localizable attribute is read in the feed's locale and, where it is empty there, in the feed's
fallback locales; a reference that names a locale is read in that one only. A scopable attribute
is read in the feed's channel, a price in the feed's currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from channels.steps.contract import Cell, Choice, FieldRef, Kind
from channels.steps.reading import unknown_name
from pim.domain.structure import ALL, Attribute, Channel, Structure
from pim.domain.values import Cell as ValueCell
from pim.domain.violations import Violation
from pim.projection.columns import METRIC, PRICES, UNIT, of_cell

KINDS: Mapping[str, Kind] = {
    "pim_catalog_number": "number",
    "pim_catalog_metric": "measure",
    "pim_catalog_price_collection": "money",
    "pim_catalog_boolean": "boolean",
    "pim_catalog_date": "date",
    "pim_catalog_simpleselect": "option",
    "pim_reference_data_simpleselect": "option",
    "pim_catalog_multiselect": "options",
    "pim_reference_data_multiselect": "options",
    "pim_catalog_asset_collection": "list",
    "pim_catalog_image": "media",
    "pim_catalog_file": "media",
}


@dataclass(frozen=True)
class SystemField:
    """A field that every product has: its column, its kind, where its ids are explained."""

    column: str
    kind: Kind
    choices: Callable[[Structure], Iterable[Choice]] | None = None


SYSTEM_FIELDS: Mapping[str, SystemField] = {
    "id": SystemField("id", "text"),
    "uuid": SystemField("uuid", "text"),
    "identifier": SystemField("identifier", "text"),
    "family": SystemField("family", "option", lambda structure: structure.families),
    "family_variant": SystemField(
        "family_variant", "option", lambda structure: structure.family_variants
    ),
    "parent": SystemField("parent_code", "text"),
    "root": SystemField("root_code", "text"),
    # Of a variant this is its parent: families vary by colourway and size, or by one of them.
    "colourway": SystemField("parent_code", "text"),
    "categories": SystemField("categories", "categories", lambda structure: structure.categories),
    "groups": SystemField("groups", "options", lambda structure: structure.groups),
    "enabled": SystemField("enabled", "boolean"),
    "level": SystemField("level", "text"),
    "created": SystemField("created", "datetime"),
    "updated": SystemField("updated", "datetime"),
}


@dataclass(frozen=True, kw_only=True)
class FeedFields:
    """Resolve fields for one feed; implements `channels.steps.contract.Fields`."""

    structure: Structure
    channel: Channel
    locale: str | None = None
    fallback_locales: tuple[str, ...] = ()
    currency: str | None = None

    def problems(self, ref: FieldRef) -> Iterator[Violation]:
        """Yield an unknown field, scope, locale or currency, and what the feed leaves open."""
        attribute = self.structure.attributes.get(ref.field)
        if ref.field in SYSTEM_FIELDS:
            return
        if attribute is None:
            known = [*SYSTEM_FIELDS, *(each.code for each in self.structure.attributes)]
            yield unknown_name("field", ref.field, known, "")
            return
        yield from self._unknown(ref)
        if attribute.localizable and not (ref.locale or self.locale):
            yield _open("locale", attribute)
        if attribute.type == PRICES and not (ref.currency or self.currency):
            yield _open("currency", attribute)

    def _unknown(self, ref: FieldRef) -> Iterator[Violation]:
        known: tuple[tuple[str, str | None, Any], ...] = (
            ("channel", ref.scope, self.structure.channels),
            ("locale", ref.locale, self.structure.locales),
            ("currency", ref.currency, self.structure.currencies),
        )
        for what, given, things in known:
            if given and given not in things:
                yield unknown_name(what, given, [each.code for each in things], "")

    def resolve(self, ref: FieldRef) -> Cell:
        """Return the cell of a field."""
        if system := SYSTEM_FIELDS.get(ref.field):
            choices = system.choices(self.structure) if system.choices else ()
            expr = pl.col(system.column)
            as_text = expr.cast(pl.String) if system.kind == "text" else expr
            return Cell(expr=as_text, kind=system.kind, choices=choices, source=ref)
        attribute = self.structure.attributes[ref.field]
        if attribute is self.structure.identifier:
            return Cell(expr=pl.col("identifier"), kind="text", attribute=attribute, source=ref)
        return self._of_attribute(attribute, ref)

    def addresses(self, ref: FieldRef) -> Iterator[tuple[str, ValueCell | None]]:
        """Yield the columns that a field is read from, the preferred first, with their cells."""
        attribute = self.structure.attributes.get(ref.field)
        if system := SYSTEM_FIELDS.get(ref.field):
            yield system.column, None
        elif attribute is self.structure.identifier:
            yield "identifier", None
        elif attribute is not None:
            currency = self._currency(ref) if attribute.type == PRICES else None
            for cell in self.cells(ref):
                yield of_cell(attribute, cell, currency).name, cell

    def _of_attribute(self, attribute: Attribute, ref: FieldRef) -> Cell:
        currency = self._currency(ref) if attribute.type == PRICES else None
        unit = [pl.col(of_cell(attribute, cell, UNIT).name) for cell in self.cells(ref)]
        return Cell(
            expr=pl.coalesce([pl.col(column) for column, _ in self.addresses(ref)]),
            kind=KINDS.get(attribute.type, "text"),
            attribute=attribute,
            choices=attribute.options,
            unit=pl.coalesce(unit) if attribute.type == METRIC else None,
            currency=currency,
            source=ref,
        )

    def cells(self, ref: FieldRef) -> list[ValueCell]:
        """Return the value cells that a reference to an attribute reads, the preferred first."""
        attribute = self.structure.attributes[ref.field]
        scope = ref.scope or self.channel.code
        channel = self.structure.channels.get(scope)
        chosen = (channel.code if channel else scope) if attribute.scopable else ALL
        locales = self._locales(ref) if attribute.localizable else (ALL,)
        return [ValueCell(attribute.code, chosen, locale) for locale in dict.fromkeys(locales)]

    def _locales(self, ref: FieldRef) -> Iterable[str]:
        first = ref.locale or self.locale or ALL
        others = ref.fallbacks
        if others is None:
            others = () if ref.locale else self.fallback_locales
        for code in (first, *others):
            known = self.structure.locales.get(code)
            yield known.code if known else code

    def _currency(self, ref: FieldRef) -> str | None:
        given = ref.currency or self.currency
        known = self.structure.currencies.get(given)
        return known.code if known else given


def _open(what: str, attribute: Attribute) -> Violation:
    return Violation(
        code=f"mapping.no_{what}",
        path="",
        message="{attribute} varies by {what}, and neither the field nor the feed names one",
        parameters={"attribute": attribute.code, "what": what},
        mend='Give the feed a {what}, or write {{"field": "{attribute}", "{what}": ...}}',
    )
