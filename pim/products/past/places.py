"""Which cell of a product a name, a channel and a locale mean, and where it lies in documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell
from pim.errors import NotFound, Refused

Path = tuple[str, ...]

#: What products and models are beside their values, by the name that people use.
SYSTEM: Final = (
    "identifier", "code", "family", "family_variant", "parent", "enabled", "categories", "groups",
    "associations",
)  # fmt: skip
PRICES: Final = "pim_catalog_price_collection"
METRIC: Final = "pim_catalog_metric"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One cell, or one part of it (a currency, a unit); without `cell` a field of the entity."""

    field: str
    cell: Cell | None = None
    part: str | None = None

    @property
    def path(self) -> Path:
        """Return the way to the cell in an entity's document."""
        return ("values", *self.cell) if self.cell else (self.field,)

    @property
    def column(self) -> str:
        """Return the flat format's name."""
        name = self.cell.column if self.cell else self.field
        return f"{name}-{self.part}" if self.part else name

    def of(self, data: Any) -> Any:
        """Return this place's part of a cell's data."""
        if self.part is None or not isinstance(data, Mapping):
            return data if self.part is None else None
        return data.get(self.part)


def find_place(
    structure: Structure, field: str, *, scope: str | None = None, locale: str | None = None
) -> Place:
    """Return the place that a column's name means, or an attribute with channel and locale.

    Raises NotFound for names that do not exist, Refused where the channel or locale is missing.
    """
    if field.casefold() in SYSTEM:
        return Place(field=field.casefold())
    code, *rest = field.split("-")
    attribute = structure.attributes.get(code)
    if attribute is None:
        raise NotFound(f'There is no attribute or field "{code}".')
    parts = iter(rest)
    if attribute.localizable and not locale:
        locale = next(parts, None)
    if attribute.scopable and not scope:
        scope = next(parts, None)
    part = _part(structure, attribute, next(parts, None))
    cell = Cell(
        attribute.code,
        _channel(structure, attribute, scope),
        _locale(structure, attribute, locale),
    )
    return Place(field=attribute.code, cell=cell, part=part)


def _locale(structure: Structure, attribute: Attribute, code: str | None) -> str:
    if not attribute.localizable:
        return ALL
    found = structure.locales.get(code)
    if found is None:
        raise _missing(attribute, "locale", code, structure.active_locales)
    return found.code


def _channel(structure: Structure, attribute: Attribute, code: str | None) -> str:
    if not attribute.scopable:
        return ALL
    found = structure.channels.get(code)
    if found is None:
        raise _missing(attribute, "channel", code, structure.scopes(attribute))
    return found.code


def _part(structure: Structure, attribute: Attribute, name: str | None) -> str | None:
    if name is None:
        return None
    if attribute.type == METRIC and name.casefold() in {"unit", "amount"}:
        return name.casefold()
    currency = structure.currencies.get(name)
    if attribute.type != PRICES or currency is None:
        raise NotFound(f'The attribute "{attribute.code}" has no part "{name}".')
    return currency.code


def _missing(attribute: Attribute, what: str, code: str | None, known: Any) -> Refused:
    found = f'there is no {what} "{code}"' if code else f"name a {what}"
    return Refused(
        f'The attribute "{attribute.code}" has a value per {what}: {found}. Choose one of '
        f"{', '.join(known)}."
    )
