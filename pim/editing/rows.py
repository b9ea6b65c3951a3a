"""Write one operation to the rows of a chunk, set by set.

The rows' contents come as JSON texts; every distinct content is decided once, and the rows are
joined with what was decided.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader, Compiled, Table, compile_sql, source
from pim.domain.conditions import Condition
from pim.domain.operations import CellOperation, EntityOperation, Operation, StatusOperation
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.outcomes import CellOutcomes, EntityOutcomes, Outcome
from pim.editing.result import BulkResult
from pim.errors import Refused
from pim.products import writer
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT

TABLES: Final[Mapping[int, Table]] = {PRODUCT: "product", MODEL: "product_model"}

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

    def still(self, session: Session, kind: int, ids: Sequence[int]) -> pl.Series:
        """Return those of the ids that meet the condition now; they are held to the commit."""
        compiled = self._compiled(kind)
        query = (
            f"SELECT e.id FROM {source(TABLES[kind])} WHERE e.id = ANY(:ids) AND {compiled.sql}"  # noqa: S608
            " ORDER BY e.id FOR NO KEY UPDATE OF e"
        )
        found = session.execute(text(query), {**compiled.parameters, "ids": list(ids)})
        return pl.Series("id", found.scalars().all(), dtype=pl.Int64)

    def _compiled(self, kind: int) -> Compiled:
        return compile_sql(self.condition, self.structure, self.now, table=TABLES[kind])


class Outcomes(Protocol):
    """Decides rows by their texts."""

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row with these texts."""


class Rows(ABC):
    """The rows of one operation: what is read of them, and who decides."""

    def __init__(self, outcomes: Outcomes, attributes: tuple[str, ...]) -> None:
        self._outcomes = outcomes
        self._attributes = attributes

    @abstractmethod
    def reads(self, reader: CellReader) -> list[str]:
        """Return the SQL of the texts that the decision needs."""

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
        rows, violations = self._decided(self._read(session, structure, kind, ids))
        for name in ("changed", "unchanged", "invalid"):
            setattr(result, name, getattr(result, name) + int(rows[name].sum()))
        faulty = rows.filter("faulty").head(result.room)
        for name, content in faulty["name", "content"].rows():
            for violation in violations[content]:
                result.note(name, violation)
        writer.update(
            session,
            change_set_id=change_set_id,
            kind=kind,
            frame=rows.filter(pl.col("after").is_not_null()).select(
                "id",
                "before",
                "after",
                pl.lit(None, dtype=pl.String).alias("source_file"),
                pl.lit(None, dtype=pl.Int64).alias("source_row"),
            ),
            attributes=self._attributes,
        )

    def _read(
        self, session: Session, structure: Structure, kind: int, ids: Sequence[int]
    ) -> pl.DataFrame:
        """Return id, name and one text column per read, held to the commit."""
        reader = CellReader(structure=structure, table=TABLES[kind])
        texts = self.reads(reader)
        query = (
            f"SELECT e.id, e.{NAMES[kind]}, {', '.join(texts)} FROM {source(TABLES[kind])}"  # noqa: S608
            " WHERE e.id = ANY(:ids) ORDER BY e.id FOR NO KEY UPDATE OF e"
        )
        found = session.execute(text(query), {**reader.parameters, "ids": list(ids)})
        schema: dict[str, Any] = {"id": pl.Int64, "name": pl.String}
        schema |= {f"text{number}": pl.String for number in range(len(texts))}
        return pl.DataFrame([tuple(row) for row in found], schema=schema, orient="row")

    def _decided(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[Violation, ...]]]:
        """Add each row's outcome, deciding every distinct content once.

        The violations stand apart, at the number in the column `content`.
        """
        texts = rows.columns[2:]
        distinct = rows.select(texts).unique(maintain_order=True)
        decided = [self._outcomes.of(content) for content in distinct.rows()]
        known = distinct.hstack(
            pl.DataFrame([one[:5] for one in decided], schema=_OUTCOME, orient="row")
        ).with_columns(
            pl.Series("faulty", [bool(one.violations) for one in decided], dtype=pl.Boolean),
            pl.int_range(pl.len()).alias("content"),
        )
        joined = rows.join(known, on=texts, how="left", nulls_equal=True, maintain_order="left")
        return joined, [one.violations for one in decided]


class CellRows(Rows):
    """Rows of an operation on cells."""

    def __init__(self, outcomes: CellOutcomes) -> None:
        super().__init__(outcomes, (outcomes.operation.field,))
        self._cells = outcomes.cells
        self._sources = outcomes.reads[len(outcomes.cells) :]

    def reads(self, reader: CellReader) -> list[str]:
        """Return the cells that are written, then those that are copied, inherited if need be."""
        own = [f"(e.values #> {reader.bind(list(cell), 'text[]')})::text" for cell in self._cells]
        return [*own, *(f"{reader.cell(cell)}::text" for cell in self._sources)]


class EntityRows(Rows):
    """Rows of an operation on status or categories."""

    def __init__(self, outcomes: EntityOutcomes) -> None:
        touched = "enabled" if isinstance(outcomes.operation, StatusOperation) else "categories"
        super().__init__(outcomes, (touched,))

    def reads(self, reader: CellReader) -> list[str]:
        """Return the status, which models do not have, and the row's own categories."""
        enabled = "NULL" if reader.of_models else "e.enabled"
        return [f"to_jsonb({enabled}::boolean)::text", "to_jsonb(e.categories)::text"]


def rows_of(operation: Operation, structure: Structure) -> Rows:
    """Return what carries an operation out; Refused for one that bulk edits do not know."""
    if isinstance(operation, CellOperation):
        return CellRows(CellOutcomes(operation, structure))
    if isinstance(operation, EntityOperation):
        return EntityRows(EntityOutcomes(operation, structure))
    raise Refused(f"A bulk edit cannot carry out the operation {operation.type}.")
