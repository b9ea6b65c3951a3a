"""Assemble the structure's objects from rows of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from pim.domain import structure as domain

Rows = Mapping[int, Row[Any]]


def coded(kind: type[Any], row: Row[Any], **more: Any) -> Any:
    """Return a domain object from the columns that bear its fields' names."""
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for it
    names = kind.__dataclass_fields__
    return kind(
        **{name: columns[name] for name in names if name in columns and name not in more}, **more
    )


def attributes(
    rows: Rows, groups: Mapping[int, str], options: Iterable[Row[Any]]
) -> domain.Codes[domain.Attribute]:
    """Return the attributes with their groups and options."""
    choices: dict[int, list[domain.AttributeOption]] = defaultdict(list)
    for option in options:
        owner = rows[option.attribute_id].code
        choices[option.attribute_id].append(coded(domain.AttributeOption, option, attribute=owner))
    return domain.Codes(
        [
            coded(
                domain.Attribute,
                row,
                group=groups[row.group_id],
                unique=row.is_unique,
                available_locales=tuple(row.available_locales),
                options=domain.Codes(choices[row.id]),
            )
            for row in rows.values()
        ]
    )


def families(
    families: Rows, attributes: Rows, channels: Rows, members: Rows, required: Iterable[Row[Any]]
) -> domain.Codes[domain.Family]:
    """Return the families; attributes stand in their own order."""
    order = {id_: position for position, id_ in enumerate(attributes)}
    requirements: dict[int, dict[str, frozenset[str]]] = defaultdict(dict)
    for row in required:
        if row.channel_id in channels:
            codes = frozenset(attributes[id_].code for id_ in row.attribute_ids)
            requirements[row.family_id][channels[row.channel_id].code] = codes
    return domain.Codes(
        [
            coded(
                domain.Family,
                row,
                attributes=tuple(
                    attributes[id_].code
                    for id_ in sorted(_ids(members, row.id), key=order.__getitem__)
                ),
                attribute_as_label=_code(attributes, row.attribute_as_label_id),
                attribute_as_image=_code(attributes, row.attribute_as_image_id),
                requirements=requirements[row.id],
            )
            for row in families.values()
        ]
    )


def _ids(members: Rows, family_id: int) -> list[int]:
    return list(members[family_id].attribute_ids) if family_id in members else []


def family_variants(
    rows: Iterable[Row[Any]],
    families: Rows,
    attributes: Rows,
    placed: Iterable[Row[Any]],
) -> domain.Codes[domain.FamilyVariant]:
    """Return the family variants with the levels that own attributes."""
    members: dict[int, list[Row[Any]]] = defaultdict(list)
    for place in placed:
        members[place.family_variant_id].append(place)
    return domain.Codes(
        [
            coded(
                domain.FamilyVariant,
                row,
                family=families[row.family_id].code,
                levels=tuple(
                    _level(members[row.id], attributes, number)
                    for number in range(1, row.levels + 1)
                ),
                overridable=frozenset(
                    attributes[m.attribute_id].code for m in members[row.id] if m.overridable
                ),
            )
            for row in rows
        ]
    )


def _level(members: Iterable[Row[Any]], attributes: Rows, number: int) -> domain.VariantLevel:
    here = [m for m in members if m.level == number]
    return domain.VariantLevel(
        axes=tuple(attributes[m.attribute_id].code for m in here if m.axis_position is not None),
        attributes=frozenset(attributes[m.attribute_id].code for m in here),
    )


def channels(rows: Rows, categories: Rows) -> domain.Codes[domain.Channel]:
    """Return the channels with the code of their tree."""
    return domain.Codes(
        [
            coded(
                domain.Channel,
                row,
                tree=_code(categories, row.tree_id),
                locales=tuple(row.locales),
                currencies=tuple(row.currencies),
            )
            for row in rows.values()
        ]
    )


def categories(rows: Rows) -> list[domain.Category]:
    """Return the categories, each with its path of ids from the root."""
    paths: dict[int, tuple[int, ...]] = {}
    for id_ in rows:
        _path(id_, rows, paths)
    return [
        coded(
            domain.Category,
            row,
            parent=_code(rows, row.parent_id),
            root=rows[paths[row.id][0]].code,
            path=paths[row.id],
        )
        for row in rows.values()
    ]


def _path(id_: int, rows: Rows, paths: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the ids from the root to this category, without recursion: trees may be deep."""
    climbed: list[int] = []
    step: int | None = id_
    while step is not None and step not in paths:
        climbed.append(step)
        step = rows[step].parent_id
    path = paths[step] if step is not None else ()
    for below in reversed(climbed):
        path = paths[below] = (*path, below)
    return paths[id_]


def groups(rows: Iterable[Row[Any]], types: Mapping[int, str]) -> domain.Codes[domain.Group]:
    """Return the product groups with the code of their type."""
    return domain.Codes([coded(domain.Group, row, type=types[row.type_id]) for row in rows])


def measurement_families(rows: Iterable[Row[Any]]) -> domain.Codes[domain.MeasurementFamily]:
    """Return the measurement families with exact conversions."""
    return domain.Codes(
        [
            coded(
                domain.MeasurementFamily,
                row,
                units=domain.Codes([_unit(unit) for unit in row.units]),
            )
            for row in rows
        ]
    )


def _unit(stored: Mapping[str, Any]) -> domain.Unit:
    return domain.Unit(
        code=stored["code"],
        symbol=stored.get("symbol", ""),
        labels=stored.get("labels", {}),
        to_standard=tuple((step["operator"], Decimal(step["value"])) for step in stored["convert"]),
    )


def _code(rows: Rows, id_: int | None) -> str | None:
    return None if id_ is None else str(rows[id_].code)
