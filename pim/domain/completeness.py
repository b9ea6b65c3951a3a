"""How complete a product is for a channel and a locale, by the field's exact rule.

Required is what the family requires for the channel, without locale-specific attributes that the
locale lacks. A price needs an amount in every currency of the channel, a measurement amount and
unit. Products without family have no completeness; models are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from pim.domain import values
from pim.domain.attribute_types import type_of
from pim.domain.structure import ALL, Channel, Family, Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """The cells that a channel and locale require, and those of them that lack a value."""

    required: tuple[Cell, ...]
    missing: tuple[Cell, ...]

    @property
    def ratio(self) -> int:
        """Return the whole percent that is filled, rounded down; 100 if nothing is required."""
        if not self.required:
            return 100
        return 100 * (len(self.required) - len(self.missing)) // len(self.required)


def required_cells(family: Family, channel: str, locale: str, structure: Structure) -> list[Cell]:
    """Return the cells that a family requires for a channel and a locale, in family order."""
    wanted = {code.casefold() for code in family.requirements.get(channel, ())}
    found = []
    for code in family.attributes:
        attribute = structure.attributes.get(code)
        if attribute is None or code.casefold() not in wanted:
            continue
        if attribute.available_locales and locale not in attribute.available_locales:
            continue
        scope = channel if attribute.scopable else ALL
        found.append(Cell(attribute.code, scope, locale if attribute.localizable else ALL))
    return found


def completeness(
    document: Document,
    identifier: str | None,
    family: Family | None,
    channel: str,
    locale: str,
    structure: Structure,
) -> Completeness | None:
    """Return a product's completeness, None without family.

    `document` holds its values with the inherited ones; the identifier is kept beside them.
    """
    if family is None:
        return None
    market = structure.channels[channel]
    required = required_cells(family, market.code, locale, structure)
    missing = [c for c in required if not _filled(c, document, identifier, market, structure)]
    return Completeness(required=tuple(required), missing=tuple(missing))


def _filled(
    cell: Cell, document: Document, identifier: str | None, channel: Channel, structure: Structure
) -> bool:
    attribute = structure.attributes[cell.attribute]
    data = identifier if attribute is structure.identifier else values.get(document, cell)
    return type_of(attribute).is_complete(data, channel)
