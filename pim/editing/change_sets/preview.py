"""Preview a change set: every cell before and after, by the code that will write it.

The selection is frozen once; the run takes the same rows. The first rows come first, so that
people see something at once; the rest follows chunk by chunk, and the counts are exact at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import text

from pim.db import runs
from pim.db.run_locks import carrying_out
from pim.db.unit_of_work import Work
from pim.domain import change_sets as life
from pim.domain.structure import Structure
from pim.editing import pace
from pim.editing.change_sets import reach
from pim.editing.change_sets.cells import BESIDE, CELLS, file_name, files, keep
from pim.editing.change_sets.drafts import chosen_of, steps_of
from pim.editing.change_sets.record import record
from pim.editing.change_sets.recorder import Recorder
from pim.editing.chunks import Steps
from pim.editing.result import BulkResult
from pim.editing.rows import Recheck
from pim.editing.selection import FILE, Selection, freeze_for, in_chunks
from pim.editing.shown import CHANGED
from pim.editing.standing import NOTHING
from pim.errors import Refused
from pim.products.change_sets import find_change_set
from pim.products.models import ChangeSet
from pim.projection import Projection
from pim.settings import Settings
from pim.storage import run_files

#: Rows of the first piece: a page of cells, decided before anything else.
FIRST: Final = 200

Progress = Callable[[int, int, str], None]


@dataclass
class Preview:
    """One preview, from a change set's documents to its cells in the run's folder."""

    work: Work
    projection: Projection
    structure: Structure
    runs_folder: Path
    settings: Settings | None = None
    progress: Progress = lambda _done, _total, _stage: None
    result: BulkResult = field(default_factory=BulkResult)

    def run(self, run: runs.Run) -> BulkResult:
        """Carry out a preview that was asked for, or go on behind its last piece.

        Nothing of the catalogue stays written. Raises Cancelled, and Refused if the change
        set was edited meanwhile.
        """
        engine = self.work.session.get_bind().engine
        with carrying_out(engine, run.id) as check, self.work.guarded(check):
            change_set = self._of(run)
            if not run.parameters.get("piece"):
                run.parameters = {**run.parameters, "now": self.work.clock().isoformat()}
            self.result = BulkResult.from_document(run.result or {})
            run.state = "running"
            self.work.commit()
            self._pieces(run, change_set)
            self._finish(run, change_set)
        return self.result

    def _of(self, run: runs.Run) -> ChangeSet:
        change_set = find_change_set(self.work.session, run.parameters["change_set"])
        if change_set.preview_id != run.id:
            raise Refused(
                f"Change set {change_set.id} was edited or previewed anew since this preview began."
            )
        return change_set

    def _pieces(self, run: runs.Run, change_set: ChangeSet) -> None:
        now = datetime.fromisoformat(run.parameters["now"])
        selection = self._selection(run, change_set, now)
        chosen = chosen_of(change_set, self.structure)
        recheck = Recheck(chosen.condition or NOTHING, self.structure, now, self.projection.facts)
        steps = Steps(steps_of(change_set, self.structure), self.structure, recheck, self.result)
        done, total = run.done, selection.rows.height
        for number, (chunk, piece, rows) in enumerate(pieces(selection)):
            if number < run.parameters.get("piece", 0):
                continue
            cells, beside = decide(self.work, steps, rows, change_set.id)
            for name, frame in ((BESIDE, beside), (CELLS, cells)):
                if frame.height or name == CELLS:
                    path = keep(self._folder(run), file_name(name, chunk, piece), frame)
                    if self.settings:
                        run_files.share(self.settings, path)
            done += rows.height
            self._note(run, number + 1, done, total)
            self.work.commit()
            self.progress(done, total, "preview")
            runs.heed_cancel(self.work.session, run)

    def _selection(self, run: runs.Run, change_set: ChangeSet, now: datetime) -> Selection:
        """Return the rows as they were frozen, or freeze them now."""
        folder = self._folder(run)
        if run.parameters.get("piece"):
            if self.settings:
                run_files.bring(self.settings, folder, last=FILE)
            return Selection.load(folder)
        for old in (*files(folder), *files(folder, BESIDE)):
            old.unlink()
        steps = steps_of(change_set, self.structure)
        chosen = chosen_of(change_set, self.structure)
        selection = freeze_for(self.work.session, self.projection, chosen, steps, now)
        selection.save(folder)
        if self.settings:
            run_files.share(self.settings, folder / FILE)
        self.result.selected = selection.rows.height
        self.result.note_names(selection.unknown, selection.duplicates)
        self.result.media = dict(selection.media) if selection.media else None
        self._note(run, 0, 0, selection.rows.height)
        self.work.commit()
        return selection

    def _note(self, run: runs.Run, piece: int, done: int, total: int) -> None:
        runs.progress(self.work, run, done=done, total=total, stage="preview")
        run.parameters = {**run.parameters, "piece": piece}
        run.result = self.result.document()
        pace.mark(self.work, run)

    def _finish(self, run: runs.Run, change_set: ChangeSet) -> None:
        """Count what is reached, and let the change set be run, if nobody edited it meanwhile."""
        self.work.session.refresh(change_set)
        self._of(run)
        counts = reach.of_preview(self.work.session, self._folder(run), {})
        self.result.written, self.result.reached = counts.written, counts.reached
        run.result = self.result.document()
        if life.may(change_set.state, "preview"):
            record(self.work, change_set, "preview")
            change_set.counts = self.result.figures()
        self.work.commit()

    def _folder(self, run: runs.Run) -> Path:
        return self.runs_folder / str(run.id)


def pieces(selection: Selection) -> Iterator[tuple[int, int, pl.DataFrame]]:
    """Yield chunk, piece and rows: the chunks of the run, of the first one a few styles first."""
    for number, rows in selection.chunks(0):
        if number or rows.height <= 2 * FIRST:
            yield number, 0, rows
            continue
        for piece, first in enumerate((True, False)):
            small = in_chunks(rows, FIRST).with_columns((pl.col("chunk") == 0).alias("first"))
            yield number, piece, small.filter(pl.col("first") == first).drop("chunk", "first")


def decide(
    work: Work, steps: Steps, rows: pl.DataFrame, change_set_id: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the cells of rows as a run would write them now; nothing stays of it.

    Operations that look at what is written before them are carried out, and rolled back at once.
    What they write beside the rows (far ends of links) comes second: entity and kind.
    """
    recorder = steps.observer = Recorder()
    beside = pl.DataFrame(schema={"entity": pl.Int64, "kind": pl.Int8})
    if steps.independent:
        steps.carry_out(work.session, rows, None)
        return recorder.cells(), beside
    inner = work.session.begin_nested()
    try:
        steps.carry_out(work.session, rows, change_set_id)
        written = work.session.execute(_WRITTEN, {"change_set": change_set_id}).all()
    finally:
        inner.rollback()
    cells = recorder.cells()
    all_ = pl.DataFrame([tuple(row) for row in written], schema=beside.schema, orient="row")
    return cells, all_.join(cells.filter(pl.col("outcome") == CHANGED), on="entity", how="anti")


_WRITTEN = text("SELECT entity_id, kind FROM history WHERE change_set_id = :change_set")
