"""A product's values as the page shows them: grouped, in words, with where each comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim.domain.completeness import completeness
from pim.domain.inheritance import ResolvedValue
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.products.queries import Detail, Entity
from pim.web.context_bar import Chosen
from pim.web.products.labels import cell_of, label
from pim.web.products.showing import Shown, show

PICTURES = frozenset({"png", "jpg", "jpeg", "webp", "gif"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """One attribute on the page.

    `origin`: own, inherited, overridden, or "" where there is no value. `elsewhere` are the
    other channels and locales that hold a value. `below`: the levels below hold it, each its own.
    """

    attribute: Attribute
    label: str
    value: Shown | None
    origin: str
    source: Entity | None
    hidden: Shown | None
    missing: bool
    scope: str
    elsewhere: Sequence[str]
    below: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """An attribute group with its lines."""

    code: str
    label: str
    lines: Sequence[Line]

    @property
    def missing(self) -> int:
        """Return how many required values are missing."""
        return sum(line.missing for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Task:
    """Completeness of one channel and locale; `missing` are attributes."""

    channel: str
    locale: str
    ratio: int
    missing: Sequence[Attribute]


def groups(detail: Detail, structure: Structure, chosen: Chosen) -> list[Group]:
    """Return the family's attributes by group, and what else holds a value."""
    missing = {cell.attribute for cell in _missing(detail, structure, chosen)}
    elsewhere: dict[str, list[Cell]] = {}
    for cell in detail.resolved.cells:
        elsewhere.setdefault(cell.attribute, []).append(cell)
    codes = {*(detail.family.attributes if detail.family else ()), *elsewhere}
    found: dict[str, list[Line]] = {}
    for attribute in structure.attributes:
        if attribute.code in codes and attribute is not structure.identifier:
            line = _line(attribute, detail, structure, chosen, elsewhere, missing)
            found.setdefault(attribute.group, []).append(line)
    return [
        Group(code=g.code, label=label(g, chosen.locale), lines=found[g.code])
        for g in structure.attribute_groups
        if g.code in found
    ]


def tasks(detail: Detail, structure: Structure) -> list[Task]:
    """Return what is missing per channel and locale, the least complete first."""
    if detail.entity.is_model or detail.family is None:
        return []
    document = detail.resolved.document()
    found = []
    for channel in structure.channels:
        for locale in channel.locales:
            asked = completeness(
                document, detail.entity.name, detail.family, channel.code, locale, structure
            )
            if asked is not None:
                missing = [structure.attributes[cell.attribute] for cell in asked.missing]
                found.append(
                    Task(channel=channel.code, locale=locale, ratio=asked.ratio, missing=missing)
                )
    return found


def pictures(detail: Detail, structure: Structure) -> list[str]:
    """Return the keys of the entity's pictures, the family's own picture first."""
    first = detail.family.attribute_as_image if detail.family else None
    found: dict[str, bool] = {}
    for cell, value in sorted(detail.resolved.cells.items(), key=lambda e: e[0].attribute != first):
        attribute = structure.attributes.get(cell.attribute)
        keys = value.data if isinstance(value.data, list) else [value.data]
        if attribute and attribute.type in ("pim_catalog_image", "pim_catalog_asset_collection"):
            found.update((key, True) for key in keys if is_picture(key))
    return list(found)


def is_picture(key: Any) -> bool:
    """Tell whether a stored file's name is that of a picture that browsers show."""
    return isinstance(key, str) and key.rpartition(".")[2].lower() in PICTURES


def _missing(detail: Detail, structure: Structure, chosen: Chosen) -> Sequence[Cell]:
    if detail.entity.is_model or not chosen.channel or not chosen.locale:
        return ()
    asked = completeness(
        detail.resolved.document(),
        detail.entity.name,
        detail.family,
        chosen.channel.code,
        chosen.locale,
        structure,
    )
    return asked.missing if asked else ()


def _line(
    attribute: Attribute,
    detail: Detail,
    structure: Structure,
    chosen: Chosen,
    elsewhere: Mapping[str, list[Cell]],
    missing: set[str],
) -> Line:
    cell = cell_of(attribute, chosen)
    value = detail.resolved.cells.get(cell)
    others = [_place(c) for c in elsewhere.get(attribute.code, ()) if c != cell]
    return Line(
        attribute=attribute,
        label=label(attribute, chosen.locale),
        value=show(attribute, value.data, chosen) if value else None,
        origin=_origin(value),
        source=detail.chain[value.level] if value else None,
        hidden=show(attribute, value.inherited, chosen) if value and value.overridden else None,
        missing=attribute.code in missing,
        scope=_place(cell),
        elsewhere=others,
        below=bool(detail.variant and detail.variant.owner(attribute.code) > detail.level),
    )


def _origin(value: ResolvedValue | None) -> str:
    if value is None:
        return ""
    if value.overridden:
        return "overridden"
    return "own" if value.own else "inherited"


def _place(cell: Cell) -> str:
    """Return where a value holds: "de_DE, web", "" for everywhere."""
    return ", ".join(part for part in (cell.locale, cell.channel) if part != "<all>")
