"""Carry out the chunks of an import on staged files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.assets.storage import Storage
from pim.db.copy import copy_in
from pim.db.unit_of_work import utc_now
from pim.domain.attribute_types import CellFormat
from pim.products.lookups import inherited_values
from pim.products.models import MODEL, PRODUCT
from pim.rules.guard import read_only
from pim.settings import Settings
from pim.staging.ahead import one_ahead
from pim.staging.apply import Applier
from pim.staging.cells import CellReader
from pim.staging.counts import Blank, Counts, Mode
from pim.staging.decide import Decider
from pim.staging.findings import violation_frame
from pim.staging.header import HeaderPlan, read_header
from pim.staging.media import MediaFiles
from pim.staging.models import ImportViolation
from pim.staging.names import repeated_rows
from pim.staging.reading import ChunkReader, ReadChunk
from pim.staging.round_trip.trip import Trips
from pim.staging.staged import Stage, StagedFile
from pim.staging.tasks import Task, of_phase
from pim.storage import run_files
from pim.structure.queries import current

KINDS = {"products": PRODUCT, "product_models": MODEL}
HEADER_ROW = 1


#: What a task works on: rows as they were read, texts with links, or nothing.
Chunk = ReadChunk | pl.DataFrame | None


@dataclass(kw_only=True)
class Processor:
    """Applies tasks in order, keeping what the tasks of one file share."""

    session: Session
    settings: Settings
    stage: Stage
    files: Sequence[StagedFile]
    run_id: int
    change_set_id: int
    blank: Blank
    mode: Mode
    dry_run: bool
    _appliers: dict[int, Applier] = field(default_factory=dict, init=False)
    _noted: set[int] = field(default_factory=set, init=False)

    def carry_out(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Counts]]:
        """Write what each task's rows say, within the transaction that the caller ends.

        While a chunk is written, a thread reads the next one as far as that needs no database.
        """
        for task, chunk in one_ahead(tasks, self._reading):
            yield task, self._write(task, chunk)

    def _reading(self, task: Task) -> Callable[[], Chunk]:
        """Return what reads a task's rows, in any thread."""
        reader = self._applier(task.file).decider.reader
        segment = self.files[task.file].segments[task.segment]
        if task.phase == "associations":
            return lambda: self.stage.read(segment) if reader.plan.associations else None
        parent = reader.plan.system.get("parent")
        return lambda: reader.read(of_phase(self.stage.read(segment), task.phase, parent))

    def _write(self, task: Task, chunk: Chunk) -> Counts:
        counts = Counts()
        applier = self._applier(task.file)
        if task.file not in self._noted:
            counts.add(self._note_ignored(self.files[task.file], applier.decider.plan))
            self._noted.add(task.file)
        if isinstance(chunk, pl.DataFrame):
            counts.add(applier.associations(chunk))
        elif chunk is not None and chunk.rows.height:
            counts.add(applier.values(chunk))
        return counts

    def _applier(self, number: int) -> Applier:
        """Return what writes a file's rows; that of the file before may still be needed."""
        if number not in self._appliers:
            self._appliers = dict(list(self._appliers.items())[-1:])
            self._appliers[number] = self._new_applier(self.files[number])
        return self._appliers[number]

    def _new_applier(self, staged: StagedFile) -> Applier:
        structure = current(self.session)
        plan = read_header(staged.header, KINDS[staged.entity], structure)
        cells = CellReader(
            structure=structure,
            plan=plan,
            media=self._media(staged),
            inherited=lambda parents: inherited_values(self.session, parents),
            format=CellFormat(**staged.format),
            blank="clear" if staged.resolves else self.blank,
        )
        names = () if staged.resolves else self.stage.names(staged, plan.key)
        decider = Decider(
            session=self.session,
            structure=structure,
            plan=plan,
            reader=ChunkReader(structure=structure, plan=plan, cells=cells),
            file=staged.name,
            mode=self.mode,
            resolves=staged.resolves,
            repeated=repeated_rows(names),
            guards=read_only(self.session, structure, utc_now()),
            trips=Trips(
                session=self.session,
                plan=plan,
                change_set_id=self.change_set_id,
                file=staged.name,
            ),
        )
        return Applier(
            session=self.session,
            decider=decider,
            run_id=self.run_id,
            change_set_id=self.change_set_id,
        )

    def _media(self, staged: StagedFile) -> MediaFiles:
        root = staged.media_root
        return MediaFiles(
            Storage.from_settings(self.settings),
            root=run_files.here(self.settings, Path(root)) if root else None,
            store=not self.dry_run,
        )

    def _note_ignored(self, staged: StagedFile, plan: HeaderPlan) -> Counts:
        """Note columns that mean nothing, once per file and entity, at the header's row."""
        noted = set(
            self.session.scalars(
                select(ImportViolation.column).where(
                    ImportViolation.run_id == self.run_id,
                    ImportViolation.file == staged.name,
                    ImportViolation.code == "column_ignored",
                )
            )
        )
        found = [(HEADER_ROW, v) for v in plan.ignored if v.path not in noted]
        frame = violation_frame(found, run_id=self.run_id, file=staged.name)
        copy_in(self.session, "import_violation", frame)
        return Counts(warnings=len(found))
