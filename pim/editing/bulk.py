"""Bulk edits: a condition chooses products, operations change them, chunk by chunk, undoable.

The selection is taken on the projection and frozen. Each chunk is one transaction: rows are asked
once more whether they meet the condition, then every operation is written with its history, its
log row and the run's progress. An operation writes at the level that owns its attribute, once per
owner, however many selected products stand below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pim.db import runs
from pim.db.run_locks import carrying_out
from pim.db.troubles import LOST, lost, words
from pim.db.unit_of_work import Work
from pim.domain import conditions, operations
from pim.domain.operations import Operation
from pim.domain.structure import Structure
from pim.editing import ending, pace, selections
from pim.editing import selection as frozen
from pim.editing.change_sets import ticking
from pim.editing.change_sets.guard import Guard
from pim.editing.change_sets.plan import Plan
from pim.editing.chunks import Steps
from pim.editing.refusals import refuse_identity, refuse_unknown
from pim.editing.result import BulkResult
from pim.editing.rows import Recheck
from pim.editing.selection import FILE, Selection, freeze_for, in_chunks
from pim.editing.selections import SelectionDocument
from pim.editing.standing import NOTHING
from pim.errors import Refused
from pim.products.change_sets import open_change_set
from pim.products.models import ChangeSet
from pim.projection import Projection
from pim.rules import queries
from pim.rules.chains import joined
from pim.rules.definition import parse_rule
from pim.rules.guard import Guards, stronger
from pim.settings import Settings
from pim.storage import run_files

__all__ = ["BulkEdit", "BulkResult"]

Progress = Callable[[int, int, str], None]


@dataclass
class BulkEdit:
    """One bulk edit, from documents to its result.

    The frozen selection is kept in `runs_folder`, so that an edit that was interrupted can be
    taken up again; without it none can. With `settings` other machines can take it up, too.
    """

    work: Work
    projection: Projection
    structure: Structure
    where: Mapping[str, Any]
    do: Sequence[Mapping[str, Any]]
    label: str = ""
    progress: Progress = lambda _done, _total, _stage: None
    runs_folder: Path | None = None
    settings: Settings | None = None
    result: BulkResult = field(default_factory=BulkResult)
    #: What chooses the rows in place of `where`: a document of `pim.editing.selections`.
    selection: Mapping[str, Any] | None = None
    #: The planned change set that this carries out, as it was previewed.
    plan: Plan | None = None
    #: The rule that this carries out: its `code`, and the run `within` which it does.
    rule: Mapping[str, Any] | None = None
    #: Rows that were chosen already, in place of choosing them by `where`.
    rows: pl.DataFrame | None = None
    #: The change set that it writes, once it has begun.
    change_set: int | None = field(default=None, init=False)

    def run(self) -> BulkResult:
        """Carry the edit out; raises Refused when a document is not valid."""
        chosen, steps = self._parsed()
        run = runs.start_run(
            self.work,
            kind="bulk",
            label=self.label,
            parameters={
                "where": dict(self.where),
                "do": [dict(each) for each in self.do],
                **({"selection": dict(self.selection)} if self.selection is not None else {}),
                **({"rule": dict(self.rule)} if self.rule else {}),
            },
        )
        with self._held(run):
            self._carry_out(run, self._open(run), chosen, steps)
        return self.result

    @classmethod
    def again(
        cls,
        work: Work,
        projection: Projection,
        structure: Structure,
        run: runs.Run,
        *,
        runs_folder: Path,
        settings: Settings | None = None,
        progress: Progress = lambda _done, _total, _stage: None,
    ) -> BulkResult:
        """Take up an edit after its last committed chunk; Refused when it cannot be.

        One that was queued, and never begun, begins.
        """
        parameters = run.parameters
        edit = cls(
            work, projection, structure, parameters["where"], parameters["do"], run.label,
            progress, runs_folder, settings, BulkResult.from_document(run.result or {}),
            parameters.get("selection"), Plan.of(parameters.get("plan")), parameters.get("rule"),
        )  # fmt: skip
        edit._resume(run)
        return edit.result

    def _resume(self, run: runs.Run) -> None:
        assert self.runs_folder is not None
        if self.settings:
            run_files.bring(self.settings, self.runs_folder / str(run.id), last=FILE)
        if not ending.can_resume(self.work, run, self.runs_folder / str(run.id)):
            raise Refused(f"Run {run.id} is {run.state}: it cannot be taken up again.")
        chosen, steps = self._parsed()
        with self._held(run):
            change_set = ending.reopen(self.work, run) or self._open(run)
            self._carry_out(run, change_set, chosen, steps)

    def _carry_out(
        self,
        run: runs.Run,
        change_set: ChangeSet,
        chosen: SelectionDocument,
        steps: Sequence[Operation],
    ) -> None:
        run.parameters = {"now": self.work.clock().isoformat(), "chunk": 0, **run.parameters}
        self.work.commit()
        self.change_set = change_set.id
        with self._ended(run, change_set):
            selection = self._selection(run, chosen, steps)
            self._write(run, change_set, chosen, steps, selection)

    def _selection(
        self, run: runs.Run, chosen: SelectionDocument, steps: Sequence[Operation]
    ) -> Selection:
        """Return the rows as they were frozen, or freeze them now."""
        folder = self.runs_folder / str(run.id) if self.runs_folder else None
        begun = run.parameters["chunk"] > 0
        if begun and folder:
            return Selection.load(folder)
        now = datetime.fromisoformat(run.parameters["now"])
        selection = (
            self._previewed()
            or self._given()
            or freeze_for(self.work.session, self.projection, chosen, steps, now)
        )
        if folder and not self.work.dry_run:
            selection.save(folder)
            if self.settings:
                run_files.share(self.settings, folder / FILE)
        self.result = BulkResult(selected=selection.rows.height)
        self.result.note_names(selection.unknown, selection.duplicates)
        self.result.media = dict(selection.media) if selection.media else None
        self._remember(run, 0, selection.rows.height)
        return selection

    def _given(self) -> Selection | None:
        """Return the rows that the caller has chosen."""
        return None if self.rows is None else Selection(in_chunks(self.rows, frozen.CHUNK))

    def _previewed(self) -> Selection | None:
        """Return the rows that the preview has frozen."""
        if self.plan is None or self.runs_folder is None:
            return None
        folder = self.runs_folder / str(self.plan.preview)
        if self.settings:
            run_files.bring(self.settings, folder, last=FILE)
        if not (folder / FILE).exists():
            raise Refused(
                f"The preview of change set {self.plan.change_set} is gone: its files were removed."
                f" Preview it again: pim change-set preview {self.plan.change_set}."
            )
        return Selection.load(folder)

    def _parsed(self) -> tuple[SelectionDocument, tuple[Operation, ...]]:
        if self.selection is None:
            chosen = SelectionDocument(condition=conditions.parse(self.where, self.structure))
        else:
            chosen = selections.parse(self.selection, self.structure)
        steps = operations.parse(self.do, self.structure)
        refuse_identity(steps, self.structure)
        refuse_unknown(self.work.session, steps, self.structure)
        if self.rule:
            steps = tuple(step for _, step in joined(steps, self.structure))
        return chosen, steps

    def _open(self, run: runs.Run) -> ChangeSet:
        return open_change_set(
            self.work,
            kind="rule" if self.rule else "bulk",
            label=self.label,
            run_id=run.id,
            conditions=self.where if self.selection is None else self.selection,
            operations=self.do,
        )

    @contextmanager
    def _held(self, run: runs.Run) -> Iterator[None]:
        """Hold the run, which others see; nobody sees that of a dry run."""
        if self.work.dry_run:
            yield
            return
        engine = self.work.session.get_bind().engine
        with carrying_out(engine, run.id) as check, self.work.guarded(check):
            yield

    @contextmanager
    def _ended(self, run: runs.Run, change_set: ChangeSet) -> Iterator[None]:
        """End the run with its result, or with what stopped it."""
        try:
            yield
            state = "cancelled" if run.cancel_requested else "done"
            ending.note(self.work, run, change_set, self.result, state=state)
            self.work.commit()
        except BaseException as error:  # a person's Ctrl-C ends the run as well
            self.work.rollback()
            if not self.work.dry_run and not lost(error):
                self._fail(run, change_set, error)
            raise

    def _fail(self, run: runs.Run, change_set: ChangeSet, error: BaseException) -> None:
        """Note why the run ended; what a lost database keeps from being noted, its lock tells."""
        with suppress(*LOST):
            told = words(error)
            ending.note(self.work, run, change_set, self.result, state="failed", error=told)
            self.work.commit()

    def _write(
        self,
        run: runs.Run,
        change_set: ChangeSet,
        chosen: SelectionDocument,
        steps: Sequence[Operation],
        selection: Selection,
    ) -> None:
        """Write the chunks that are left, until somebody cancels."""
        now = datetime.fromisoformat(run.parameters["now"])
        recheck = Recheck(chosen.condition or NOTHING, self.structure, now, self.projection.facts)
        guard = self._guard()
        carried = Steps(
            steps, self.structure, recheck, self.result,
            unticked=guard.unticked if guard else {}, observer=guard, guards=self._guards(now),
        )  # fmt: skip
        total, done = selection.rows.height, run.done
        for number, rows in selection.chunks(run.parameters["chunk"]):
            if guard:
                guard.begin(number)
            carried.carry_out(self.work.session, rows, change_set.id)
            if guard:
                guard.end(self.result)
            done += rows.height
            runs.progress(self.work, run, done=done, total=total, stage="bulk")
            self._remember(run, number + 1, total)
            pace.mark(self.work, run)
            self.work.commit()
            self.progress(done, total, "bulk")
            self.work.session.refresh(run, ["cancel_requested"])
            if run.cancel_requested:
                return

    def _guards(self, now: datetime) -> Guards | None:
        """Return what stronger rules keep from a rule, None for what rules keep from people."""
        if not self.rule:
            return None
        session = self.work.session
        version = queries.find_rule(session, self.rule["code"])
        rule = parse_rule(version.document, self.structure)
        others = queries.enabled(session, self.structure)
        return stronger(rule, others, now, self.projection.facts)

    def _guard(self) -> Guard | None:
        """Return what holds the run to its preview, None for one that was not previewed."""
        if self.plan is None or self.runs_folder is None:
            return None
        folder = self.runs_folder / str(self.plan.preview)
        unticked = ticking.unticked(self.work.session, self.plan.change_set)
        return Guard(folder, unticked, strict=self.plan.strict)

    def _remember(self, run: runs.Run, chunk: int, total: int) -> None:
        """Put position and counts on the run's row, in the transaction of the chunk."""
        run.parameters = {**run.parameters, "chunk": chunk}
        run.result = self.result.document()
        run.total = total
