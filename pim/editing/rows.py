"""Write one operation to the rows of a chunk, set by set.

The rows' contents come as JSON texts; every distinct content is decided once, and the rows are
joined with what was decided.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader, Compiled, Facts, Table, compile_sql, source
from pim.domain.conditions import Condition
from pim.domain.operations import CellOperation, EntityOperation, Operation
from pim.domain.structure import Structure
from pim.editing.decided import Decided
from pim.editing.outcomes import CellOutcomes, EntityOutcomes, Outcome
from pim.editing.result import BulkResult
from pim.editing.shown import Shown, cells_shown, entity_shown
from pim.errors import Refused
from pim.products import writer
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT

TABLES: Final[Mapping[int, Table]] = {PRODUCT: "product", MODEL: "product_model"}

_HELD: Final = " FOR NO KEY UPDATE OF e"

_OUTCOME: Final = {
    "before": pl.String, "after": pl.String,
    "changed": pl.Int64, "unchanged": pl.Int64, "invalid": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Recheck:
    """Asks PostgreSQL whether chosen rows meet the condition at the moment of the write."""

    condition: Condition
    structure: Structure
    now: datetime
    facts: Facts | None = None

    def still(
        self, session: Session, kind: int, ids: Sequence[int], *, hold: bool = True
    ) -> pl.Series:
        """Return those of the ids that meet the condition now, held to the commit with `hold`."""
        compiled = self._compiled(kind, ids)
        query = (
            f"SELECT e.id FROM {source(TABLES[kind])} WHERE e.id = ANY(:ids) AND {compiled.sql}"  # noqa: S608
            f" ORDER BY e.id{_HELD if hold else ''}"
        )
        found = session.execute(text(query), {**compiled.parameters, "ids": list(ids)})
        return pl.Series("id", found.scalars().all(), dtype=pl.Int64)

    def _compiled(self, kind: int, ids: Sequence[int]) -> Compiled:
        return compile_sql(
            self.condition, self.structure, self.now,
            table=TABLES[kind], facts=self.facts, among=ids,
        )  # fmt: skip


class Outcomes(Protocol):
    """Decides rows by their texts."""

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row with these texts."""


class Rows(ABC):
    """The rows of one operation: what is read of them, and who decides."""

    #: The attributes that the decision looks at; None if it may look at anything.
    looks_at: frozenset[str] | None = None
    #: Whether it writes nothing beside the rows themselves, which other rows would look at.
    alone: bool = True

    def __init__(self, outcomes: Outcomes, attributes: tuple[str, ...]) -> None:
        self._outcomes = outcomes
        self.attributes = attributes

    def take(self, rows: pl.DataFrame) -> None:  # noqa: B027 - most take no note
        """Take note of the chosen rows of a chunk, before any of them is decided."""

    @abstractmethod
    def reads(self, reader: CellReader) -> list[str]:
        """Return the SQL of the texts that the decision needs."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of what a row shows, one for each cell that is counted."""
        return self.attributes

    @abstractmethod
    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return what people see of an outcome, an entry for each cell that it counts."""

    def without(self, columns: frozenset[str]) -> Rows | None:
        """Return what writes the other columns alone; None if there is none."""
        return None if columns >= set(self.columns) else self

    def write(
        self,
        session: Session,
        structure: Structure,
        change_set_id: int,
        kind: int,
        ids: Sequence[int],
        result: BulkResult,
    ) -> None:
        """Write entities of one kind, and count what became of their cells."""
        decided = self.decide(session, structure, kind, ids)
        decided.count(result)
        self.put(session, change_set_id, decided)

    def decide(
        self,
        session: Session,
        structure: Structure,
        kind: int,
        ids: Sequence[int],
        *,
        hold: bool = True,
    ) -> Decided:
        """Return what becomes of entities of one kind; with `hold` they are held to the commit."""
        rows = self._read(session, structure, kind, ids, hold=hold)
        return self._decided(kind, rows)

    def put(self, session: Session, change_set_id: int, decided: Decided) -> None:
        """Write what was decided."""
        writer.update(
            session,
            change_set_id=change_set_id,
            kind=decided.kind,
            frame=decided.rows.filter(pl.col("after").is_not_null()).select(
                "id",
                "before",
                "after",
                pl.lit(None, dtype=pl.String).alias("source_file"),
                pl.lit(None, dtype=pl.Int64).alias("source_row"),
            ),
            attributes=self.attributes,
        )

    def _read(
        self, session: Session, structure: Structure, kind: int, ids: Sequence[int], *, hold: bool
    ) -> pl.DataFrame:
        """Return id, name, whether it stands below another, and one text column per read."""
        reader = CellReader(structure=structure, table=TABLES[kind])
        texts = self.reads(reader)
        query = (
            f"SELECT e.id, e.{NAMES[kind]}, e.parent_id IS NOT NULL, {', '.join(texts)}"  # noqa: S608
            f" FROM {source(TABLES[kind])} WHERE e.id = ANY(:ids)"
            f" ORDER BY e.id{_HELD if hold else ''}"
        )
        found = session.execute(text(query), {**reader.parameters, "ids": list(ids)})
        schema: dict[str, Any] = {"id": pl.Int64, "name": pl.String, "below": pl.Boolean}
        schema |= {f"text{number}": pl.String for number in range(len(texts))}
        return pl.DataFrame([tuple(row) for row in found], schema=schema, orient="row")

    def _decided(self, kind: int, rows: pl.DataFrame) -> Decided:
        """Add each row's outcome, deciding every distinct content once."""
        texts = [name for name in rows.columns if name.startswith("text")]
        distinct = rows.select(texts).unique(maintain_order=True)
        contents = distinct.rows()
        decided = [self._outcomes.of(content) for content in contents]
        known = distinct.hstack(
            pl.DataFrame([one[:5] for one in decided], schema=_OUTCOME, orient="row")
        ).with_columns(
            pl.Series("faulty", [bool(one.violations) for one in decided], dtype=pl.Boolean),
            pl.int_range(pl.len()).alias("content"),
        )
        joined = rows.join(known, on=texts, how="left", nulls_equal=True, maintain_order="left")
        return Decided(self, kind, joined, list(zip(contents, decided, strict=True)))


class CellRows(Rows):
    """Rows of an operation on cells."""

    def __init__(self, outcomes: CellOutcomes) -> None:
        super().__init__(outcomes, (outcomes.operation.field,))
        self._of_cells = outcomes
        self.cells = outcomes.cells
        self._sources = outcomes.reads[len(outcomes.cells) :]
        self.looks_at = frozenset(cell.attribute for cell in outcomes.reads)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the cells that are written."""
        return tuple(cell.column for cell in self.cells)

    def reads(self, reader: CellReader) -> list[str]:
        """Return the cells that are written, then those that are copied, inherited if need be."""
        own = [f"(e.values #> {reader.bind(list(cell), 'text[]')})::text" for cell in self.cells]
        return [*own, *(f"{reader.cell(cell)}::text" for cell in self._sources)]

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return each cell's whole data before and after."""
        return cells_shown(self.cells, texts, outcome)

    def without(self, columns: frozenset[str]) -> Rows | None:
        """Return what writes the cells of the other columns alone; None if there is none."""
        left = tuple(cell for cell in self.cells if cell.column not in columns)
        if len(left) == len(self.cells):
            return self
        return CellRows(replace(self._of_cells, only=left)) if left else None


class EntityRows(Rows):
    """Rows of an operation on status, categories or groups."""

    def __init__(self, outcomes: EntityOutcomes) -> None:
        super().__init__(outcomes, (outcomes.operation.touches,))
        self.looks_at = frozenset(self.attributes)
        self._structure = outcomes.structure

    def reads(self, reader: CellReader) -> list[str]:
        """Return the part that is touched, where `EntityOutcomes.of` wants it."""
        enabled = "NULL" if reader.of_models else "e.enabled"
        groups = "NULL" if reader.of_models else "e.groups"
        parts = {
            "enabled": f"to_jsonb({enabled}::boolean)::text",
            "categories": "to_jsonb(e.categories)::text",
            "groups": f"to_jsonb({groups}::bigint[])::text",
        }
        [touched] = self.attributes
        empty = {"enabled": "NULL", "categories": "'[]'", "groups": "NULL"}
        return [parts[name] if name == touched else empty[name] for name in parts]

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return the part before and after, memberships by code."""
        return [entity_shown(self.attributes[0], texts, outcome, self._structure)]


def rows_of(operation: Operation, structure: Structure) -> Rows:
    """Return what carries an operation out; Refused for one that bulk edits do not know."""
    if isinstance(operation, CellOperation):
        return CellRows(CellOutcomes(operation, structure))
    if isinstance(operation, EntityOperation):
        return EntityRows(EntityOutcomes(operation, structure))
    raise Refused(f"A bulk edit cannot carry out the operation {operation.type}.")
