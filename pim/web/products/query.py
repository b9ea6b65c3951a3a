"""The list's URL, understood: what to search, how to sort, which page.

`f=brand:IN:acme` is one filter: attribute, operator, value. A price's value is an amount and a
currency ("99.50 EUR"), a measurement's an amount and a unit ("1.2 KILOGRAM").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from pim.domain.conditions import All, Condition, parse
from pim.domain.conditions.fields import WITH_LIST, WITHOUT_VALUE, attribute_of, kind_of
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.web.context_bar import Chosen

PER_PAGE: Final = 50

LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "products": ("simple", "variant"),
    "models": ("model",),
    "submodels": ("sub_model",),
}

#: Columns of the list by the name that the URL gives them.
SORTS: Final = ("identifier", "label", "family", "complete", "updated")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One condition on an attribute, as it was typed."""

    field: str
    operator: str
    value: str

    @property
    def text(self) -> str:
        """Return the filter as the URL spells it."""
        return f"{self.field}:{self.operator}:{self.value}"


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What the list shows."""

    text: str = ""
    level: str = "products"
    family: str = ""
    category: str = ""
    enabled: str = ""
    complete: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = "updated"
    descending: bool = True
    page: int = 1
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_arguments(cls, arguments: MultiDict[str, str]) -> ListQuery:
        """Read a URL's arguments; what means nothing is left out."""
        sort = arguments.get("sort", "-updated")
        level = arguments.get("level", "products")
        page = arguments.get("page", "1")
        return cls(
            text=arguments.get("q", "").strip(),
            level=level if level in LEVELS else "products",
            family=arguments.get("family", ""),
            category=arguments.get("category", ""),
            enabled=arguments.get("enabled", ""),
            complete=arguments.get("complete", ""),
            filters=tuple(_filters(arguments)),
            sort=sort.lstrip("-") if sort.lstrip("-") in SORTS else "updated",
            descending=sort.startswith("-"),
            page=int(page) if page.isdecimal() and 0 < int(page) < 10**7 else 1,
        )

    @property
    def offset(self) -> int:
        """Return how many rows come before the page."""
        return (self.page - 1) * PER_PAGE

    @property
    def narrowed(self) -> bool:
        """Tell whether anything narrows the list."""
        plain = (self.text, self.family, self.category, self.enabled, self.complete)
        return any(plain) or bool(self.filters)

    def condition(self, structure: Structure, chosen: Chosen) -> tuple[Condition, list[Violation]]:
        """Return the condition, and what is wrong with filters that are therefore left out."""
        wrong: list[Violation] = []
        parts = []
        for document in self._documents(structure, chosen):
            try:
                parts.append(parse(document, structure).root)
            except Refused as refusal:
                wrong.extend(refusal.violations)
        return Condition(root=All(tuple(parts))), wrong

    def _documents(self, structure: Structure, chosen: Chosen) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = []
        if self.family:
            documents.append({"field": "family", "operator": "IN", "value": [self.family]})
        if self.category == "-":
            documents.append({"field": "categories", "operator": "UNCLASSIFIED"})
        elif self.category:
            inside = {"field": "categories", "operator": "IN CHILDREN", "value": [self.category]}
            documents.append(inside)
        if self.enabled in ("yes", "no") and self.level == "products":
            value = self.enabled == "yes"
            documents.append({"field": "enabled", "operator": "=", "value": value})
        if self.complete in ("yes", "no") and chosen.channel and self.level == "products":
            documents.append(
                {
                    "field": "completeness",
                    "operator": "=" if self.complete == "yes" else "<",
                    "value": 100,
                    "scope": chosen.scope,
                    "locale": chosen.locale,
                }
            )
        return documents + [_leaf(each, structure, chosen) for each in self.filters]


def _filters(arguments: MultiDict[str, str]) -> list[Filter]:
    found = []
    for text in arguments.getlist("f"):
        name, _, rest = text.partition(":")
        operator, _, value = rest.partition(":")
        if name and operator:
            found.append(Filter(field=name, operator=operator, value=value))
    added = [arguments.get(name, "").strip() for name in ("field", "operator", "value")]
    if added[0] and added[1]:
        found.append(Filter(field=added[0], operator=added[1], value=added[2]))
    return list(dict.fromkeys(found))


def _leaf(asked: Filter, structure: Structure, chosen: Chosen) -> dict[str, Any]:
    """Return the document of a filter, at the channel and locale that the context bar shows."""
    leaf: dict[str, Any] = {"field": asked.field, "operator": asked.operator}
    if asked.operator not in WITHOUT_VALUE:
        leaf["value"] = _operand(asked, structure)
    attribute = attribute_of(asked.field, structure)
    if attribute and attribute.scopable:
        leaf["scope"] = chosen.scope
    if attribute and attribute.localizable:
        leaf["locale"] = chosen.locale
    return leaf


def _operand(asked: Filter, structure: Structure) -> Any:
    kind = kind_of(asked.field, structure)
    if asked.operator in WITH_LIST or "BETWEEN" in asked.operator:
        parts = [part.strip() for part in asked.value.split(",") if part.strip()]
        return [_one(part, kind) for part in parts]
    return _one(asked.value, kind)


def _one(text: str, kind: str | None) -> Any:
    if kind in ("boolean", "enabled"):
        return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(
            text.lower(), text
        )
    if kind in ("price", "metric"):
        amount, _, unit = text.replace(",", ".").partition(" ")
        return {"amount": amount, "currency" if kind == "price" else "unit": unit.strip()}
    if kind == "completeness" and text.isdecimal():
        return int(text)
    return text
