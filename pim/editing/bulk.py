"""Bulk edits: a condition chooses products, operations change them, chunk by chunk, undoable.

The selection is taken on the projection and frozen as ids. Each chunk is one transaction with its
history, its log row and its progress. An operation writes at the level that owns its attribute,
once per owner, however many selected products stand below it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db import runs
from pim.db.unit_of_work import Work
from pim.domain import conditions, operations
from pim.domain.operations import CellOperation, EntityOperation, Operation
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.outcomes import CellOutcomes, EntityOutcomes, Outcome
from pim.editing.targets import Ownership, Targets
from pim.errors import Refused
from pim.products import writer
from pim.products.change_sets import close_change_set, open_change_set
from pim.products.models import MODEL, PRODUCT, ChangeSet
from pim.projection import Projection

CHUNK = 10_000
SHOWN = 100

Progress = Callable[[int, int, str], None]


@dataclass
class BulkResult:
    """What a bulk edit came to. Counts of cells: changed, unchanged, invalid, not_permitted.

    `selected` products matched, `written` entities hold the changes, `reached` products show
    them. `violations` are the first 100, with the identifier of their row.
    """

    change_set: int | None = None
    selected: int = 0
    reached: int = 0
    written: int = 0
    changed: int = 0
    unchanged: int = 0
    invalid: int = 0
    not_permitted: int = 0
    violations: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the JSON answer of `pim bulk`."""
        return asdict(self)


@dataclass
class BulkEdit:
    """One bulk edit, from documents to its result."""

    work: Work
    projection: Projection
    structure: Structure
    where: Mapping[str, Any]
    do: Sequence[Mapping[str, Any]]
    label: str = ""
    progress: Progress = lambda _done, _total, _stage: None
    result: BulkResult = field(default_factory=BulkResult)

    def run(self) -> BulkResult:
        """Carry the edit out; raises Refused when a document is not valid."""
        condition = conditions.parse(self.where, self.structure)
        steps = operations.parse(self.do, self.structure)
        _refuse_identity(steps, self.structure)
        run = runs.start_run(
            self.work,
            kind="bulk",
            label=self.label,
            parameters={"where": dict(self.where), "do": [dict(d) for d in self.do]},
        )
        change_set = open_change_set(
            self.work,
            kind="bulk",
            label=self.label,
            run_id=run.id,
            conditions=self.where,
            operations=self.do,
        )
        self.work.commit()
        self.projection.refresh()
        with self.projection.read() as reading:
            ids = reading.matching(condition, now=self.work.clock())
            ownership = Ownership(reading, ids)
        self.result.selected = ids.len()
        self._apply(steps, ownership, run, change_set)
        return self._close(run, change_set)

    def _apply(
        self, steps: Sequence[Operation], ownership: Ownership, run: runs.Run, change_set: ChangeSet
    ) -> None:
        targets = [ownership.of(step) for step in steps]
        total = sum(t.total for t in targets)
        done = 0
        for step, target in zip(steps, targets, strict=True):
            self._unowned(step, target)
            rows = self._rows(step)
            for kind, ids in target.chunks(CHUNK):
                rows.write(self.work.session, change_set.id, kind, ids, self.result)
                done += len(ids)
                runs.progress(self.work, run, done=done, total=total, stage=step.type)
                self.work.commit()
                self.progress(done, total, step.type)
                if _cancelled(self.work.session, run):
                    return

    def _rows(self, step: Operation) -> _Rows:
        if isinstance(step, CellOperation):
            return _CellRows(CellOutcomes(step, self.structure))
        if isinstance(step, EntityOperation):
            return _EntityRows(EntityOutcomes(step, self.structure))
        raise Refused(f"A bulk edit cannot carry out the operation {step.type}.")

    def _unowned(self, step: Operation, target: Targets) -> None:
        """Count the cells of products whose family does not have the attribute."""
        if not target.unowned or not isinstance(step, CellOperation):
            return
        self.result.invalid += target.unowned * len(step.cells(self.structure))
        self.result.violations.append(
            {
                "identifier": None,
                "field": step.field,
                "code": "not_in_family",
                "message": f"{target.unowned} selected products have no {step.field}: "
                "it is not an attribute of their family.",
                "mend": "Add the attribute to the family, or narrow the condition.",
            }
        )

    def _close(self, run: runs.Run, change_set: ChangeSet) -> BulkResult:
        session = self.work.session
        parameters = {"change_set": change_set.id}
        self.result.written = int(session.scalar(_WRITTEN, parameters) or 0)
        self.result.reached = int(session.scalar(_REACHED, parameters) or 0)
        cancelled = _cancelled(session, run)
        state = "cancelled" if cancelled else "done"
        closed = close_change_set(
            self.work, change_set, counts=_figures(self.result), state=state
        )
        self.result.change_set = closed.id if closed and not self.work.dry_run else None
        runs.finish_run(self.work, run, result=self.result.document(), state=state)
        self.work.commit()
        return self.result


class _Rows(ABC):
    """Reads rows of a chunk, asks for their outcomes and writes them."""

    def __init__(self, attributes: tuple[str, ...]) -> None:
        self._attributes = attributes

    def write(
        self, session: Session, change_set_id: int, kind: int, ids: list[int], result: BulkResult
    ) -> None:
        """Write a chunk of entities of one kind, and count what became of their cells."""
        patches = []
        for entity, name, outcome in self.outcomes(session, kind, ids):
            result.changed += outcome.changed
            result.unchanged += outcome.unchanged
            result.invalid += outcome.invalid
            if outcome.after is not None:
                patches.append((entity, outcome.before, outcome.after))
            for violation in outcome.violations[: SHOWN - len(result.violations)]:
                result.violations.append(_shown(name, violation))
        frame = pl.DataFrame(patches, schema=_PATCH, orient="row").with_columns(
            pl.lit(None, dtype=pl.String).alias("source_file"),
            pl.lit(None, dtype=pl.Int64).alias("source_row"),
        )
        writer.update(
            session,
            change_set_id=change_set_id,
            kind=kind,
            frame=frame,
            attributes=self._attributes,
        )

    @abstractmethod
    def outcomes(
        self, session: Session, kind: int, ids: list[int]
    ) -> Iterator[tuple[int, str | None, Outcome]]:
        """Yield (id, identifier, outcome) of each entity, held for the transaction."""


class _CellRows(_Rows):
    """Rows of an operation on cells."""

    def __init__(self, known: CellOutcomes) -> None:
        super().__init__((known.operation.field,))
        self._known = known

    def outcomes(
        self, session: Session, kind: int, ids: list[int]
    ) -> Iterator[tuple[int, str | None, Outcome]]:
        """Yield the outcome of each entity."""
        written = len(self._known.cells)
        reads = [
            _read(cell, inherited=position >= written)
            for position, cell in enumerate(self._known.reads)
        ]
        for entity, name, *texts in session.execute(text(_select(kind, reads)), {"ids": ids}):
            yield entity, name, self._known.of(tuple(texts))


class _EntityRows(_Rows):
    """Rows of an operation on status or categories."""

    def __init__(self, known: EntityOutcomes) -> None:
        super().__init__((known.operation.type,))
        self._known = known

    def outcomes(
        self, session: Session, kind: int, ids: list[int]
    ) -> Iterator[tuple[int, str | None, Outcome]]:
        """Yield the outcome of each entity."""
        enabled = "e.enabled" if kind == PRODUCT else "NULL::boolean"
        query = text(_select(kind, [enabled, "e.categories"]))
        for entity, name, status, categories in session.execute(query, {"ids": ids}):
            yield entity, name, self._known.of(status, tuple(categories))


def _select(kind: int, columns: Sequence[str]) -> str:
    name = "identifier" if kind == PRODUCT else "code"
    parent = (
        "LEFT JOIN product_model p1 ON p1.id = e.parent_id"
        " LEFT JOIN product_model p2 ON p2.id = p1.parent_id"
    )
    return (
        f"SELECT e.id, e.{name}, {', '.join(columns)} FROM {writer.TABLES[kind]} e {parent}"  # noqa: S608
        " WHERE e.id = ANY(:ids) ORDER BY e.id FOR NO KEY UPDATE OF e"
    )


def _read(cell: Cell, *, inherited: bool) -> str:
    """Return the SQL of a cell's JSON text; codes are letters, digits and underscores."""
    path = f"'{{{cell.attribute},{cell.channel},{cell.locale}}}'"
    if not inherited:
        return f"(e.values #> {path})::text"
    return f"coalesce(e.values #> {path}, p1.values #> {path}, p2.values #> {path})::text"


def _refuse_identity(steps: Sequence[Operation], structure: Structure) -> None:
    """Refuse to change what tells products apart, many at a time."""
    axes = {a for v in structure.family_variants for level in v.levels for a in level.axes}
    found = [
        Violation(
            code="not_in_bulk",
            path=f"do[{number}].field",
            message="{field} tells products apart and is not changed in bulk.",
            parameters={"field": step.field},
            value=step.field,
            mend="Change it product by product, or by an import.",
        )
        for number, step in enumerate(steps)
        if isinstance(step, CellOperation)
        and (structure.attributes[step.field].unique or step.field in axes)
    ]
    if found:
        raise Refused("The operations are not valid.", found)


def _cancelled(session: Session, run: runs.Run) -> bool:
    session.refresh(run, ["cancel_requested"])
    return run.cancel_requested


def _shown(name: str | None, violation: Violation) -> dict[str, Any]:
    return {
        "identifier": name,
        "field": violation.path,
        "code": violation.code,
        "message": violation.text,
        "mend": violation.mend_text,
    }


def _figures(result: BulkResult) -> dict[str, int]:
    return {k: v for k, v in asdict(result).items() if isinstance(v, int) and k != "change_set"}


_PATCH = {"id": pl.Int64, "before": pl.String, "after": pl.String}

_WRITTEN = text("SELECT count(*) FROM history WHERE change_set_id = :change_set")

_REACHED = text(
    f"""
    WITH written AS (
        SELECT entity_id AS id, kind FROM history WHERE change_set_id = :change_set
    ), models AS (
        SELECT id FROM written WHERE kind = {MODEL}
        UNION SELECT m.id FROM product_model m JOIN written w
            ON w.kind = {MODEL} AND w.id = m.parent_id
    )
    SELECT count(*) FROM (
        SELECT id FROM written WHERE kind = {PRODUCT}
        UNION SELECT p.id FROM product p JOIN models ON models.id = p.parent_id
    ) AS reached
    """
)
