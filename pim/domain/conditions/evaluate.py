"""The meaning of conditions, in plain Python: what every compiler must agree with.

Used for single products and as the oracle of property tests, never for catalogues.

- Text (identifiers, text, names of files, codes) compares in lower case.
- A comparison with an empty value does not hold, whatever the operator: !=, NOT IN, DOES NOT
  CONTAIN and < ask about products that have a value, as in the field. `not` is plain negation.
- Family, family variant, parent, groups and categories are not values: NOT IN holds for a product
  that has none.
- EMPTY holds where there is no value, also when the family lacks the attribute.
- Metrics compare in the standard unit at 10 decimals; prices compare in the currency asked for.
- Completeness without a locale asks whether any locale of the channel qualifies; products without
  family have none. `level` is simple, variant or model.
- IN CHILDREN takes in the categories named and all below them.
- A model has no `enabled`: neither = nor != holds.
- `published_in` and `rejected_by` tell where a product stood in the newest publications of feeds;
  a model stands in none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from pim.domain import measurement, values
from pim.domain.attribute_types.media import file_name
from pim.domain.conditions.fields import FieldKind, fold, kind_of
from pim.domain.conditions.moments import resolve_day, resolve_moment
from pim.domain.conditions.tree import All, Any_, Condition, Leaf, Node, Not
from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class ProductView:
    """A product or model as conditions see it, inherited values included.

    `completeness` maps (channel, locale) to the ratio; for a model `identifier` is its code.
    `published_in` and `rejected_by` are codes of feeds.
    """

    level: Literal["simple", "variant", "model"] = "simple"
    values: Document = field(default_factory=dict)
    identifier: str | None = None
    uuid: str = ""
    family: str | None = None
    family_variant: str | None = None
    parent: str | None = None
    categories: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    enabled: bool | None = True
    created: datetime | None = None
    updated: datetime | None = None
    change_sets: frozenset[int] = frozenset()
    published_in: frozenset[str] = frozenset()
    rejected_by: frozenset[str] = frozenset()
    completeness: Mapping[tuple[str, str], int] = field(default_factory=dict)


def evaluate(
    condition: Condition, product: ProductView, structure: Structure, now: datetime
) -> bool:
    """Tell whether a product meets a condition that was parsed against the structure."""
    return _holds(condition.root, product, structure, now)


def _holds(node: Node, product: ProductView, structure: Structure, now: datetime) -> bool:
    match node:
        case All(parts):
            return all(_holds(part, product, structure, now) for part in parts)
        case Any_(parts):
            return any(_holds(part, product, structure, now) for part in parts)
        case Not(part):
            return not _holds(part, product, structure, now)
        case Leaf():
            return _LEAVES[_kind(node, structure)](node, product, structure, now)


def _kind(leaf: Leaf, structure: Structure) -> FieldKind:
    kind = kind_of(leaf.field, structure)
    if kind is None:
        raise KeyError(f"{leaf.field} is not a field of this structure")
    return kind


Test = Callable[[Leaf, ProductView, Structure, datetime], bool]

ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">=": lambda a, b: bool(a >= b),
    ">": lambda a, b: bool(a > b),
}

_TEXT: Final[Mapping[str, Callable[[str, Any], bool]]] = {
    "=": lambda text, value: text == fold(value),
    "!=": lambda text, value: text != fold(value),
    "IN": lambda text, value: text in {fold(v) for v in value},
    "NOT IN": lambda text, value: text not in {fold(v) for v in value},
    "STARTS WITH": lambda text, value: text.startswith(fold(value)),
    "CONTAINS": lambda text, value: fold(value) in text,
    "DOES NOT CONTAIN": lambda text, value: fold(value) not in text,
}


def _data(leaf: Leaf, product: ProductView) -> Any:
    if leaf.field == "identifier":
        return product.identifier
    return values.get(product.values, Cell(leaf.field, leaf.scope or ALL, leaf.locale or ALL))


def _value(compare: Callable[[Leaf, Any, Structure, datetime], bool]) -> Test:
    """Wrap a comparison of data so that emptiness is asked first."""

    def test(leaf: Leaf, product: ProductView, structure: Structure, now: datetime) -> bool:
        data = _data(leaf, product)
        empty = data is None or data in ("", [], {})
        if leaf.operator in ("EMPTY", "NOT EMPTY"):
            return empty == (leaf.operator == "EMPTY")
        return not empty and compare(leaf, data, structure, now)

    return test


def _text(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    return _TEXT[leaf.operator](fold(data), leaf.value)


def _media(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    return _TEXT[leaf.operator](fold(file_name(data)), leaf.value)


def _number(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    return ORDER[leaf.operator](Decimal(data), Decimal(leaf.value))


def _metric(leaf: Leaf, data: Any, structure: Structure, _n: datetime) -> bool:
    attribute: Attribute = structure.attributes[leaf.field]
    ours = measurement.standard_amount(data, attribute, structure)
    theirs = measurement.standard_amount(leaf.value, attribute, structure)
    return ours is not None and theirs is not None and ORDER[leaf.operator](ours, theirs)


def _price(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    ours, theirs = data.get(leaf.value["currency"]), leaf.value["amount"]
    return ours is not None and ORDER[leaf.operator](Decimal(ours), Decimal(theirs))


def _boolean(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    return ORDER[leaf.operator](data, leaf.value)


def _day(leaf: Leaf, data: Any, _s: Structure, now: datetime) -> bool:
    return ORDER[leaf.operator](data, resolve_day(leaf.value, now).isoformat())


def _codes(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    held = {data} if isinstance(data, str) else set(data)
    return bool(held & set(leaf.value)) == (leaf.operator == "IN")


def _link(leaf: Leaf, data: Any, _s: Structure, _n: datetime) -> bool:
    return _TEXT[leaf.operator](fold(data["identifier"]), leaf.value)


def _belongs(having: Callable[[ProductView], frozenset[str]]) -> Test:
    """Return the test of what a product belongs to: NOT IN holds for one that belongs nowhere."""

    def test(leaf: Leaf, product: ProductView, _s: Structure, _n: datetime) -> bool:
        held = {fold(code) for code in having(product)}
        if leaf.operator in ("EMPTY", "NOT EMPTY"):
            return (not held) == (leaf.operator == "EMPTY")
        return bool(held & {fold(code) for code in leaf.value}) == (leaf.operator == "IN")

    return test


def _only(code: str | None) -> frozenset[str]:
    return frozenset() if code is None else frozenset({code})


def _categories(leaf: Leaf, product: ProductView, structure: Structure, _n: datetime) -> bool:
    held = product.categories
    match leaf.operator:
        case "UNCLASSIFIED":
            return not held
        case "IN OR UNCLASSIFIED":
            return not held or bool(held & set(leaf.value))
        case "IN" | "NOT IN":
            return bool(held & set(leaf.value)) == (leaf.operator == "IN")
    below = descendants(leaf.value, structure)
    return bool(held & below) == (leaf.operator == "IN CHILDREN")


def descendants(codes: list[str], structure: Structure) -> frozenset[str]:
    """Return the categories named and all below them, in stored spelling."""
    found = (structure.categories.get(code) for code in codes)
    below = (structure.categories_below[category.id] for category in found if category)
    return frozenset().union(*below)


def _enabled(leaf: Leaf, product: ProductView, _s: Structure, _n: datetime) -> bool:
    return product.enabled is not None and ORDER[leaf.operator](product.enabled, leaf.value)


def _completeness(leaf: Leaf, product: ProductView, _s: Structure, _n: datetime) -> bool:
    return any(
        ORDER[leaf.operator](ratio, leaf.value)
        for (channel, locale), ratio in product.completeness.items()
        if channel == leaf.scope and leaf.locale in (None, locale)
    )


def _moment(leaf: Leaf, product: ProductView, _s: Structure, now: datetime) -> bool:
    moment = product.created if leaf.field == "created" else product.updated
    return moment is not None and ORDER[leaf.operator](moment, resolve_moment(leaf.value, now))


def _change_set(leaf: Leaf, product: ProductView, _s: Structure, _n: datetime) -> bool:
    return bool(product.change_sets & set(leaf.value))


def _feeds(leaf: Leaf, product: ProductView, structure: Structure, now: datetime) -> bool:
    held = product.published_in if leaf.field == "published_in" else product.rejected_by
    return _belongs(lambda _: held)(leaf, product, structure, now)


_LEAVES: Final[Mapping[FieldKind, Test]] = {
    "text": _value(_text),
    "media": _value(_media),
    "number": _value(_number),
    "metric": _value(_metric),
    "price": _value(_price),
    "boolean": _value(_boolean),
    "date": _value(_day),
    "options": _value(_codes),
    "keys": _value(_codes),
    "link": _value(_link),
    "uuid": _belongs(lambda product: _only(product.uuid)),
    "family": _belongs(lambda product: _only(product.family)),
    "family_variant": _belongs(lambda product: _only(product.family_variant)),
    "parent": _belongs(lambda product: _only(product.parent)),
    "level": _belongs(lambda product: _only(product.level)),
    "groups": _belongs(lambda product: product.groups),
    "categories": _categories,
    "enabled": _enabled,
    "completeness": _completeness,
    "moment": _moment,
    "change_set": _change_set,
    "feeds": _feeds,
}
