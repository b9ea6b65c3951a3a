"""Carry operations out on the rows of a chunk: the one code of dry runs, previews and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl
from sqlalchemy.orm import Session

from pim.domain.operations import CellOperation, Operation, PlaceOperation
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.carrying import rows_of
from pim.editing.decided import Decided
from pim.editing.held import Holding, named
from pim.editing.refusals import below, foreign
from pim.editing.result import BulkResult
from pim.editing.rows import CellRows, Recheck, Rows
from pim.editing.standing import standing_of
from pim.editing.targets import Targets, placed_anew, targets
from pim.rules.guard import Guards, Held, read_only, refusal

#: The columns that are left out of entities; None for all of an entity's.
Unticked = Mapping[int, frozenset[str] | None]


class Observer(Protocol):
    """Is told of everything that is decided, before it is written."""

    def refused(self, step: int, cells: Sequence[Cell], rows: pl.DataFrame, why: Violation) -> None:
        """Take note of chosen rows (id, identifier, level) that cannot have the cells at all."""

    def decided(self, step: int, decided: Decided) -> Decided:
        """Take note of what was decided, and return what of it shall be written."""


@dataclass
class Steps:
    """Operations, ready to be carried out on chunk after chunk; `result` counts what they do.

    `unticked` entities and cells are left out, as if they had not been chosen.
    """

    operations: Sequence[Operation]
    structure: Structure
    recheck: Recheck
    result: BulkResult
    unticked: Unticked = field(default_factory=dict)
    observer: Observer | None = None
    #: What keeps cells from being written; None for what rules make read-only for people.
    guards: Guards | None = None

    def __post_init__(self) -> None:
        self._writers = [rows_of(each, self.structure) for each in self.operations]
        self._held: Held = {}
        self._narrowed: dict[tuple[int, frozenset[str]], Rows | None] = {}

    @property
    def independent(self) -> bool:
        """Tell whether nothing looks at what is written before it."""
        if not all(writer.alone for writer in self._writers):
            return False
        if len(self._writers) == 1:
            return True
        written: set[str] = set()
        for operation, writer in zip(self.operations, self._writers, strict=True):
            looks = writer.looks_at
            if looks is None or looks & written or isinstance(operation, PlaceOperation):
                return False
            written.update(writer.attributes)
        return True

    def carry_out(
        self, session: Session, rows: pl.DataFrame, change_set_id: int | None
    ) -> pl.DataFrame:
        """Carry every operation out on the rows that still stand, and return those left out.

        Without a change set everything is decided and nothing held or written; that is the same
        only if the operations are `independent`.
        """
        hold = change_set_id is not None
        standing, left_out = standing_of(session, self.recheck, rows, hold=hold)
        self.result.leave_out(left_out)
        columns = [column for writer in self._writers for column in writer.columns]
        self._held = self._holding(session).of_rows(session, standing, columns)
        for writer in self._writers:
            writer.take(standing)
        for number in range(len(self._writers)):
            self._step(session, number, standing, change_set_id)
            if hold and isinstance(self.operations[number], PlaceOperation):
                standing = placed_anew(session, standing)
        return left_out

    def _step(
        self, session: Session, number: int, standing: pl.DataFrame, change_set_id: int | None
    ) -> None:
        operation, writer = self.operations[number], self._writers[number]
        aims = targets(operation, standing, self.structure)
        if isinstance(operation, CellOperation):
            self._refuse(number, operation, aims, standing)
        for kind, ids in aims.by_kind():
            if self._held and not self._holding(session).guards.silent:
                self._hold_back(session, number, writer, kind, ids)
            for part, some in self._parts(number, writer, ids):
                found = part.decide(
                    session, self.structure, kind, some, hold=change_set_id is not None
                )
                if self.observer:
                    found = self.observer.decided(number, found)
                found.count(self.result)
                if change_set_id is not None:
                    part.put(session, change_set_id, found)

    def _refuse(
        self, number: int, operation: CellOperation, aims: Targets, standing: pl.DataFrame
    ) -> None:
        """Count and show the rows that cannot have an operation's cells."""
        for rows, why in ((aims.foreign, foreign(operation)), (aims.below, below(operation))):
            if rows.is_empty():
                continue
            named = rows.join(standing.select("id", "level"), on="id", maintain_order="left")
            for part, some in self._parts(number, self._writers[number], rows["id"].to_list()):
                left = named.filter(pl.col("id").is_in(some))
                self.result.refuse(left, why, len(part.columns))
                if self.observer and isinstance(part, CellRows):
                    self.observer.refused(number, part.cells, left, why)

    def _holding(self, session: Session) -> Holding:
        if self.guards is None:
            self.guards = read_only(session, self.structure, self.recheck.now)
        return Holding(self.guards)

    def _hold_back(
        self, session: Session, number: int, writer: Rows, kind: int, ids: Sequence[int]
    ) -> None:
        """Count and show the cells that rules keep from being written."""
        by_hold: dict[tuple[str, str], list[int]] = {}
        for id_ in ids:
            rules, out = self._held.get(id_, {}), self.unticked.get(id_, frozenset())
            for column in writer.columns if rules and out is not None else ():
                if column in rules and column not in (out or ()):
                    by_hold.setdefault((column, rules[column]), []).append(id_)
        cells = {c.column: c for c in writer.cells} if isinstance(writer, CellRows) else {}
        for (column, rule), some in by_hold.items():
            rows, why = named(session, kind, some), refusal(column, rule)
            self.result.hold_back(rows, why)
            if self.observer:
                self.observer.refused(number, [cells.get(column, Cell(column))], rows, why)

    def _parts(
        self, number: int, writer: Rows, ids: Sequence[int]
    ) -> Iterator[tuple[Rows, list[int]]]:
        """Yield the writers of entities: the operation's own, or one with fewer cells."""
        if not self.unticked and not self._held:
            yield writer, list(ids)
            return
        by_columns: dict[frozenset[str], list[int]] = {}
        every = frozenset(writer.columns)
        for id_ in ids:
            out = self.unticked.get(id_, frozenset())
            columns = every if out is None else every & {*out, *self._held.get(id_, {})}
            by_columns.setdefault(columns, []).append(id_)
        for columns, some in by_columns.items():
            if part := self._without(number, writer, columns):
                yield part, some

    def _without(self, number: int, writer: Rows, columns: frozenset[str]) -> Rows | None:
        if not columns:
            return writer
        if (number, columns) not in self._narrowed:
            self._narrowed[number, columns] = writer.without(columns)
        return self._narrowed[number, columns]
