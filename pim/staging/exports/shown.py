"""Export what products show: at another moment, or in a channel with its running campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final, Protocol

import polars as pl
from sqlalchemy.orm import Session

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import Condition
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.errors import NotFound, Refused
from pim.products.models import MODEL, PRODUCT
from pim.projection import Projection, Reading, columns
from pim.projection.columns import Column
from pim.projection.effective.parts import Part, data_of, part_of
from pim.projection.effective.running import shown
from pim.staging.exports.products import Choice

CHUNK: Final = 5_000
LEVELS: Final = {PRODUCT: ("simple", "variant"), MODEL: ("model", "sub_model")}

#: The flat format's columns of the product or model itself, and those that they are read from.
OWN: Final[Mapping[int, Mapping[str, str]]] = {
    PRODUCT: {
        "identifier": "identifier", "family": "family", "parent": "parent_code",
        "enabled": "enabled", "categories": "categories", "groups": "groups",
    },
    MODEL: {
        "code": "identifier", "family_variant": "family_variant", "parent": "parent_code",
        "categories": "categories",
    },
}  # fmt: skip


class Wanted(Protocol):
    """What an export wants to show."""

    @property
    def as_of(self) -> datetime | None:
        """Return the moment, None for now."""

    @property
    def effective(self) -> bool:
        """Tell whether campaigns are asked for."""


@contextmanager
def reading_for(
    session: Session, projection: Projection, wanted: Wanted, scope: str | None, now: datetime
) -> Iterator[Reading]:
    """Give the catalogue at a moment; with a channel as this shows it, campaigns included.

    Raises Refused for campaigns without a channel.
    """
    if wanted.effective and scope is None:
        raise Refused("Campaigns differ by channel: name one with --scope.")
    moment = wanted.as_of or now
    past = wanted.as_of is not None and moment < now
    with projection.read_past(moment) if past else projection.read_covering() as reading:
        connection = session.connection()
        yield reading if scope is None else shown(connection, reading, scope, moment)


class ShownExport:
    """The rows of products or models as a reading shows them, in the order of their ids."""

    def __init__(
        self,
        session: Session,
        reading: Reading,
        kind: int,
        choice: Choice,
        where: Condition,
        now: datetime,
    ) -> None:
        self._session, self._reading, self._kind = session, reading, kind
        self._structure: Structure = reading.structure
        asked = reading if where.view == "effective" else reading.base
        self._ids = asked.matching(where, levels=LEVELS[kind], now=reading.as_of or now)
        self._parts = sorted(self._found(choice), key=_order)

    @property
    def header(self) -> tuple[str, ...]:
        """Return the columns: the entity's own, then every column of values."""
        key = self._structure.identifier
        own = [key.code if key and name == "identifier" else name for name in OWN[self._kind]]
        return (*own, *(name for part in self._parts for name in part.names))

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of every entity."""
        own = list(OWN[self._kind].values())
        names = [*own, *(name for part in self._parts for name in part.names)]
        for start in range(0, len(self._ids), CHUNK):
            ids = self._ids.slice(start, CHUNK)
            frame = self._reading.frame(names, ids=ids, levels=LEVELS[self._kind])
            for row in frame.rows():
                yield [*self._own(row[: len(own)]), *self._values(row[len(own) :])]

    def _found(self, choice: Choice) -> Iterator[Part]:
        """Yield what the choice takes of the columns that exist, campaigns' included."""
        seen: set[tuple[str, ...]] = set()
        compiler = self._reading.masks(None).compiler
        for name in compiler.known:
            column = self._column(name)
            if column is None or column.cell is None or not choice.takes(column.cell):
                continue
            part = part_of(self._structure, column)
            if part is not None and tuple(part.names) not in seen:
                seen.add(tuple(part.names))
                yield part

    def _column(self, name: str) -> Column | None:
        with suppress(NotFound):  # of a locale that is no more, or kept for searches
            return columns.find(self._structure, name)
        return None

    def _own(self, row: tuple[Any, ...]) -> list[str]:
        cells = zip(OWN[self._kind].values(), row, strict=True)
        return [self._text(name, value) for name, value in cells]

    def _text(self, name: str, value: Any) -> str:
        if name == "enabled":
            return "1" if value else "0"
        if name in ("identifier", "parent_code"):
            return value or ""
        things: Mapping[str, Mapping[int, Any]] = {
            "family": self._structure.families.by_id,
            "family_variant": self._structure.family_variants.by_id,
            "categories": self._structure.categories.by_id,
            "groups": self._structure.groups.by_id,
        }
        known = things[name]
        ids = value if isinstance(value, list | pl.Series) else [value]
        return ",".join(sorted(known[number].code for number in ids or () if number in known))

    def _values(self, row: tuple[Any, ...]) -> Iterator[str]:
        place = 0
        for part in self._parts:
            width = len(part.columns)
            attribute = part.attribute
            assert attribute is not None
            data = data_of(part, row[place : place + width])
            texts = ATTRIBUTE_TYPES[attribute.type].to_cells(data, attribute, self._structure)
            suffixes = (part.currency,) if part.currency else ("", "unit")[:width]
            yield from (texts.get(suffix, "") for suffix in suffixes)
            place += width


def _order(part: Part) -> tuple[int, Cell, str]:
    assert part.attribute is not None
    assert part.cell is not None
    return part.attribute.sort_order, part.cell, part.currency or ""
