"""Products and models as flat rows: the values of their own level, never the inherited ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.structure import ALL, Structure
from pim.domain.values import Cell
from pim.products.lookups import names_of
from pim.products.models import PRODUCT
from pim.products.writer import TABLES
from pim.staging.round_trip.marks import VERSION, mark

CHUNK = 5_000
NUMBERS = frozenset({"pim_catalog_number", "pim_catalog_metric", "pim_catalog_price_collection"})

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which values an export holds; empty means all. Attributes without scope are always in."""

    attributes: tuple[str, ...] = ()
    scope: str | None = None
    locales: tuple[str, ...] = ()

    def takes(self, cell: Cell) -> bool:
        """Tell whether a cell is wanted."""
        return (
            (not self.attributes or cell.attribute in self.attributes)
            and (self.scope is None or cell.channel in {ALL, self.scope})
            and (not self.locales or cell.locale in {ALL, *self.locales})
        )


class ProductExport:
    """The rows of products or models, in the order of their ids.

    With `round_trip` each row tells the version that it shows, so that it can come back edited.
    """

    def __init__(
        self,
        session: Session,
        structure: Structure,
        kind: int,
        *,
        ids: Sequence[int] | None = None,
        choice: Choice | None = None,
        round_trip: bool = False,
    ) -> None:
        self._round_trip = round_trip
        self._session = session
        self._structure = structure
        self._kind = kind
        self._choice = choice or Choice()
        self._ids = list(ids) if ids is not None else self._all()
        self._columns, self._links = self._found()

    @property
    def header(self) -> tuple[str, ...]:
        """Return the columns: the entity's own, then every value column that has a value."""
        values = [
            cell.column + (f"-{suffix}" if suffix else "")
            for cell, suffixes in self._columns.items()
            for suffix in suffixes
        ]
        marks = (VERSION,) if self._round_trip else ()
        return (*self._system, *values, *self._link_columns, *marks)

    @property
    def numbers(self) -> frozenset[str]:
        """Return the columns in which people type numbers, as a sheet should know them."""
        return frozenset(
            cell.column + (f"-{suffix}" if suffix else "")
            for cell, suffixes in self._columns.items()
            if self._structure.attributes[cell.attribute].type in NUMBERS
            for suffix in suffixes
            if suffix != "unit"
        )

    @property
    def _system(self) -> tuple[str, ...]:
        if self._kind == PRODUCT:
            key = self._structure.identifier
            first = key.code if key else "identifier"
            return (first, "family", "parent", "enabled", "categories", "groups")
        return ("code", "family_variant", "parent", "categories")

    @property
    def _link_columns(self) -> list[str]:
        columns = []
        for type_, target in self._links:
            columns.append(f"{type_}-{target}")
            if self._structure.association_types[type_].quantified:
                columns.append(f"{type_}-{target}-quantity")
        return columns

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of every entity."""
        for chunk in self._chunks():
            entities = self._read(chunk)
            names = self._names(entities)
            for entity in entities:
                yield [
                    *self._own(entity, names),
                    *self._values(entity),
                    *self._linked(entity, names),
                    *([mark(entity["version"], entity["id"])] if self._round_trip else ()),
                ]

    def _all(self) -> list[int]:
        query = f"SELECT id FROM {TABLES[self._kind]} ORDER BY id"  # noqa: S608 - a fixed name
        return list(self._session.execute(text(query)).scalars())

    def _chunks(self) -> Iterator[list[int]]:
        for at in range(0, len(self._ids), CHUNK):
            yield self._ids[at : at + CHUNK]

    def _found(self) -> tuple[dict[Cell, tuple[str, ...]], list[tuple[str, str]]]:
        """Return the cells with values, each with its columns' suffixes, and the kinds of links."""
        keys: set[tuple[str, str, str, str]] = set()
        links: set[tuple[str, str]] = set()
        for ids in self._chunks():
            parameters = {"ids": ids}
            keys.update(tuple(r) for r in self._session.execute(self._sql(_KEYS), parameters))
            links.update(tuple(r) for r in self._session.execute(self._sql(_LINKS), parameters))
        found: dict[Cell, set[str]] = {}
        for attribute, channel, locale, part in keys:
            known = self._structure.attributes.get(attribute)
            cell = Cell(attribute, channel, locale)
            if known and self._choice.takes(cell):
                found.setdefault(cell, set()).add(part)
        ordered = sorted(found, key=self._order)
        return {cell: self._suffixes(cell, found[cell]) for cell in ordered}, sorted(links)

    def _sql(self, query: str) -> Any:
        return text(query.format(table=TABLES[self._kind]))

    def _order(self, cell: Cell) -> tuple[int, str, str, str]:
        attribute = self._structure.attributes[cell.attribute]
        return (attribute.sort_order, cell.attribute, cell.locale, cell.channel)

    def _suffixes(self, cell: Cell, parts: set[str]) -> tuple[str, ...]:
        attribute = self._structure.attributes[cell.attribute]
        offered = ATTRIBUTE_TYPES[attribute.type].suffixes(attribute, self._structure)
        if attribute.type == "pim_catalog_price_collection":
            return tuple(s for s in offered if s in parts)
        return offered

    def _read(self, ids: list[int]) -> list[Row]:
        query = f"SELECT * FROM {TABLES[self._kind]} WHERE id = ANY(:ids) ORDER BY id"  # noqa: S608
        return [dict(row) for row in self._session.execute(text(query), {"ids": ids}).mappings()]

    def _names(self, entities: Sequence[Row]) -> Mapping[int, str]:
        """Return what people call the parents and the targets of links."""
        wanted = {e["parent_id"] for e in entities if e["parent_id"]}
        for entity in entities:
            for sides in entity["associations"].values():
                for target, members in sides.items():
                    if target != "groups":
                        wanted.update(map(int, members))
        return names_of(self._session, wanted)

    def _own(self, entity: Row, names: Mapping[int, str]) -> list[str]:
        structure = self._structure
        parent = entity["parent_id"]
        categories = _codes(structure.categories.by_id, entity["categories"])
        if self._kind != PRODUCT:
            variant = structure.family_variants.by_id[entity["family_variant_id"]]
            return [entity["code"], variant.code, names.get(parent, ""), categories]
        family = structure.families.by_id.get(entity["family_id"])
        return [
            entity["identifier"] or "",
            family.code if family else "",
            names.get(parent, ""),
            "1" if entity["enabled"] else "0",
            categories,
            _codes(structure.groups.by_id, entity["groups"]),
        ]

    def _values(self, entity: Row) -> Iterator[str]:
        for cell, suffixes in self._columns.items():
            data = entity["values"].get(cell.attribute, {}).get(cell.channel, {}).get(cell.locale)
            attribute = self._structure.attributes[cell.attribute]
            texts = ATTRIBUTE_TYPES[attribute.type].to_cells(data, attribute, self._structure)
            yield from (texts.get(suffix, "") for suffix in suffixes)

    def _linked(self, entity: Row, names: Mapping[int, str]) -> Iterator[str]:
        groups = self._structure.groups.by_id
        for type_, target in self._links:
            members = entity["associations"].get(type_, {}).get(target, {})
            known = {
                groups[int(i)].code if target == "groups" else names[int(i)]: quantity
                for i, quantity in members.items()
                if (int(i) in groups if target == "groups" else int(i) in names)
            }
            ordered = sorted(known)
            yield ",".join(ordered)
            if self._structure.association_types[type_].quantified:
                yield ",".join(str(known[name]) for name in ordered)


def _codes(by_id: Mapping[int, Any], ids: Sequence[int]) -> str:
    return ",".join(sorted(by_id[i].code for i in ids if i in by_id))


_KEYS = """
    SELECT DISTINCT a.key, c.key, l.key, coalesce(p.part, '')
    FROM {table} e, jsonb_each(e.values) a, jsonb_each(a.value) c, jsonb_each(c.value) l
    LEFT JOIN LATERAL (
        SELECT jsonb_object_keys(l.value) AS part WHERE jsonb_typeof(l.value) = 'object'
    ) p ON true
    WHERE e.id = ANY(:ids)
"""

_LINKS = """
    SELECT DISTINCT t.key, s.key
    FROM {table} e, jsonb_each(e.associations) t, jsonb_each(t.value) s WHERE e.id = ANY(:ids)
"""
