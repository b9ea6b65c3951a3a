"""What the list can be narrowed by: families and category trees, with counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import FIELDS, OPERATORS, kind_of
from pim.domain.structure import Category, Structure
from pim.projection import Reading
from pim.web.products.labels import label
from pim.web.products.query import LEVELS, ListQuery


@dataclass(frozen=True, kw_only=True)
class Node:
    """A category in the tree: how many products are in it or below, and what is shown below."""

    code: str
    label: str
    count: int
    chosen: bool
    opened: bool
    children: Sequence[Node]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One family (or other choice) with its count."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What stands beside the list."""

    families: Sequence[Choice]
    trees: Sequence[Node]
    unclassified: int
    fields: Sequence[Mapping[str, Any]]


def facets(reading: Reading, query: ListQuery, locale: str | None) -> Facets:
    """Return the facets of a level; counts are of the whole catalogue."""
    structure = reading.structure
    levels = LEVELS[query.level]
    counts, unclassified = reading.tree_counts(levels=levels)
    by_family = reading.counts("family", levels=levels)
    families = [
        Choice(code=f.code, label=label(f, locale), count=by_family.get(f.id, 0))
        for f in structure.families
    ]
    return Facets(
        families=sorted(families, key=lambda choice: choice.label.casefold()),
        trees=_trees(structure, counts, query, locale),
        unclassified=unclassified,
        fields=filter_fields(structure, locale),
    )


def _trees(
    structure: Structure, counts: Mapping[int, int], query: ListQuery, locale: str | None
) -> list[Node]:
    below: dict[str | None, list[Category]] = {}
    for category in structure.categories:
        below.setdefault(category.parent, []).append(category)
    current = structure.categories.get(query.category)
    way = set(current.path) if current else set()

    def node(category: Category) -> Node:
        return Node(
            code=category.code,
            label=label(category, locale),
            count=counts.get(category.id, 0),
            chosen=current is category,
            opened=category.id in way,
            children=[node(child) for child in below.get(category.code, ())],
        )

    return [node(root) for root in below.get(None, ())]


def filter_fields(structure: Structure, locale: str | None) -> list[Mapping[str, Any]]:
    """Return the attributes that can be filtered by, with their operators."""
    system = ("created", "updated", "groups", "parent")
    found = [
        {"code": code, "label": code.title(), "group": "System", "kind": FIELDS[code]}
        for code in system
    ]
    groups = {g.code: label(g, locale) for g in structure.attribute_groups}
    for attribute in structure.attributes:
        kind = kind_of(attribute.code, structure)
        if attribute.type in ATTRIBUTE_TYPES and kind:
            found.append(
                {
                    "code": attribute.code,
                    "label": label(attribute, locale),
                    "group": groups.get(attribute.group, attribute.group),
                    "kind": kind,
                }
            )
    return [{**each, "operators": OPERATORS[each["kind"]]} for each in found]  # type: ignore[index]
