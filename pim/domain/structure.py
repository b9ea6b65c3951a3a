"""The catalogue's structure as immutable data, looked up without regard to case.

The database rooms load it (`pim.structure.queries.load`); everything that validates, maps or
projects reads it. Codes compare without regard to case, as in the field; the stored spelling wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

ALL = "<all>"

Labels = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AttributeOption:
    """One choice of a select attribute."""

    id: int
    attribute: str
    code: str
    labels: Labels = field(default_factory=dict)
    sort_order: int = 0


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """What one value may hold and how it varies.

    `properties` holds the type's own settings under the names of the flat format:
    max_characters, validation_rule, validation_regexp, number_min, number_max, decimals_allowed,
    negative_allowed, date_min, date_max, max_file_size (megabytes), allowed_extensions,
    metric_family, default_metric_unit, wysiwyg_enabled, auto_option_sorting, reference_data_name,
    minimum_input_length. Absent means no limit.
    """

    id: int
    code: str
    type: str
    group: str
    labels: Labels = field(default_factory=dict)
    unique: bool = False
    localizable: bool = False
    scopable: bool = False
    available_locales: tuple[str, ...] = ()
    sort_order: int = 0
    usable_in_grid: bool = True
    properties: Mapping[str, Any] = field(default_factory=dict)
    options: Codes[AttributeOption] = field(default_factory=lambda: Codes(()))

    def label(self, locale: str | None) -> str:
        """Return the label in a locale, or the code in brackets, as the field shows it."""
        return self.labels.get(locale or "", "") or f"[{self.code}]"


@dataclass(frozen=True, kw_only=True)
class AttributeGroup:
    """A named drawer of attributes."""

    id: int
    code: str
    labels: Labels = field(default_factory=dict)
    sort_order: int = 0


@dataclass(frozen=True, kw_only=True)
class Family:
    """The attributes of a kind of product and those that each channel requires."""

    id: int
    code: str
    labels: Labels = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    attribute_as_label: str | None = None
    attribute_as_image: str | None = None
    requirements: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VariantLevel:
    """One level of a family variant: its axes and the attributes that it owns (axes included)."""

    axes: tuple[str, ...]
    attributes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class FamilyVariant:
    """How the products of a family vary: one or two levels below the root model.

    Level 0 is the root model, the last level is the variant product itself.
    """

    id: int
    code: str
    family: str
    labels: Labels = field(default_factory=dict)
    levels: tuple[VariantLevel, ...] = ()
    overridable: frozenset[str] = frozenset()

    @cached_property
    def level_of(self) -> Mapping[str, int]:
        """Map each attribute that is owned below the root to its level (1 or 2)."""
        return {
            attribute: number
            for number, level in enumerate(self.levels, start=1)
            for attribute in level.attributes
        }

    def owner(self, attribute: str) -> int:
        """Return the level that owns an attribute: 0 for the root model."""
        return self.level_of.get(attribute, 0)

    def holds(self, attribute: str, level: int) -> bool:
        """Tell whether a level may hold a value: its owner, or any level below if overridable."""
        owner = self.owner(attribute)
        return level == owner or (level > owner and attribute in self.overridable)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A market context: locales, currencies, a category tree."""

    id: int
    code: str
    labels: Labels = field(default_factory=dict)
    locales: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    tree: str | None = None
    conversion_units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Category:
    """A node of a category tree; `path` is its ancestors' ids from the root, itself last."""

    id: int
    code: str
    parent: str | None
    root: str
    path: tuple[int, ...]
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AssociationType:
    """A kind of link between products: one-way, two-way or with quantities."""

    id: int
    code: str
    labels: Labels = field(default_factory=dict)
    two_way: bool = False
    quantified: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """A named set of products, of a group type."""

    id: int
    code: str
    type: str
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GroupType:
    """A kind of group."""

    id: int
    code: str
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of measurement: a chain of (operator, number) that leads to the standard unit."""

    code: str
    symbol: str = ""
    labels: Labels = field(default_factory=dict)
    to_standard: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, kw_only=True)
class MeasurementFamily:
    """Units that convert into each other through the standard unit."""

    id: int
    code: str
    standard_unit: str
    labels: Labels = field(default_factory=dict)
    units: Codes[Unit] = field(default_factory=lambda: Codes(()))


@dataclass(frozen=True, kw_only=True)
class Locale:
    """A language in a country; active when a channel uses it."""

    id: int
    code: str


@dataclass(frozen=True, kw_only=True)
class Currency:
    """A currency by ISO 4217 code, its usual number of decimals, and whether prices may use it."""

    id: int
    code: str
    decimals: int = 2
    active: bool = False


Coded = TypeVar("Coded")


class Codes(Generic[Coded]):
    """Things by code, without regard to case, in a fixed order.

    >>> codes["SKU"] is codes["sku"]
    True
    """

    def __init__(self, things: Iterable[Coded]) -> None:
        self._things: dict[str, Coded] = {str(t.code).casefold(): t for t in things}  # type: ignore[attr-defined]

    def get(self, code: str | None) -> Coded | None:
        """Return the thing with this code, or None."""
        return None if code is None else self._things.get(code.casefold())

    def __getitem__(self, code: str) -> Coded:
        return self._things[code.casefold()]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code.casefold() in self._things

    def __iter__(self) -> Iterator[Coded]:
        return iter(self._things.values())

    def __len__(self) -> int:
        return len(self._things)

    @cached_property
    def by_id(self) -> Mapping[int, Coded]:
        """Map database ids to things."""
        return {t.id: t for t in self}  # type: ignore[attr-defined]


def _none() -> Codes[Any]:
    return Codes(())


@dataclass(frozen=True, kw_only=True)
class Structure:
    """The whole structure at one version."""

    version: int = 0
    attributes: Codes[Attribute] = field(default_factory=_none)
    attribute_groups: Codes[AttributeGroup] = field(default_factory=_none)
    families: Codes[Family] = field(default_factory=_none)
    family_variants: Codes[FamilyVariant] = field(default_factory=_none)
    channels: Codes[Channel] = field(default_factory=_none)
    categories: Codes[Category] = field(default_factory=_none)
    association_types: Codes[AssociationType] = field(default_factory=_none)
    groups: Codes[Group] = field(default_factory=_none)
    group_types: Codes[GroupType] = field(default_factory=_none)
    measurement_families: Codes[MeasurementFamily] = field(default_factory=_none)
    locales: Codes[Locale] = field(default_factory=_none)
    currencies: Codes[Currency] = field(default_factory=_none)

    @cached_property
    def identifier(self) -> Attribute | None:
        """Return the main identifier attribute, if one is defined yet."""
        return next((a for a in self.attributes if a.type == "pim_catalog_identifier"), None)

    @cached_property
    def categories_below(self) -> Mapping[int, frozenset[str]]:
        """Map each category, by id, to its own code and those of all below it."""
        found: dict[int, set[str]] = {}
        for category in self.categories:
            for number in category.path:
                found.setdefault(number, set()).add(category.code)
        return {number: frozenset(codes) for number, codes in found.items()}

    @cached_property
    def active_locales(self) -> tuple[str, ...]:
        """Return the locales that any channel uses, in the channels' order."""
        return tuple(dict.fromkeys(code for c in self.channels for code in c.locales))

    def scopes(self, attribute: Attribute) -> tuple[str, ...]:
        """Return the channel keys that a value of this attribute may have."""
        return tuple(c.code for c in self.channels) if attribute.scopable else (ALL,)

    def locales_of(self, attribute: Attribute, channel: str = ALL) -> tuple[str, ...]:
        """Return the locale keys that a value may have in a channel (or in all of them)."""
        if not attribute.localizable:
            return (ALL,)
        offered = self.active_locales if channel == ALL else self.channels[channel].locales
        if attribute.available_locales:
            return tuple(code for code in offered if code in attribute.available_locales)
        return offered
