"""Carry out the chunks of an import on staged files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.assets.storage import Storage
from pim.db.copy import copy_in
from pim.domain.attribute_types import CellFormat
from pim.products.lookups import inherited_values
from pim.products.models import MODEL, PRODUCT
from pim.settings import Settings
from pim.staging.apply import Applier
from pim.staging.cells import CellReader
from pim.staging.counts import Blank, Counts, Mode
from pim.staging.decide import Decider
from pim.staging.findings import violation_frame
from pim.staging.header import HeaderPlan, read_header
from pim.staging.media import MediaFiles
from pim.staging.models import ImportViolation
from pim.staging.names import repeated_rows
from pim.staging.staged import Stage, StagedFile
from pim.staging.tasks import Task, of_phase
from pim.storage import run_files
from pim.structure.queries import current

KINDS = {"products": PRODUCT, "product_models": MODEL}
HEADER_ROW = 1


@dataclass(kw_only=True)
class Processor:
    """Applies tasks in order, keeping what the tasks of one file share."""

    session: Session
    settings: Settings
    stage: Stage
    run_id: int
    change_set_id: int
    blank: Blank
    mode: Mode
    dry_run: bool
    _appliers: dict[int, Applier] = field(default_factory=dict, init=False)

    def carry_out(self, task: Task, staged: StagedFile) -> Counts:
        """Write what a task's rows say, within the caller's transaction."""
        counts = Counts()
        if task.file not in self._appliers:
            self._appliers = {task.file: self._applier(staged)}
            counts.add(self._note_ignored(staged, self._appliers[task.file].decider.plan))
        applier = self._appliers[task.file]
        plan = applier.decider.plan
        frame = of_phase(
            self.stage.read(staged.segments[task.segment]), task.phase, plan.system.get("parent")
        )
        if task.phase == "associations":
            counts.add(applier.associations(frame) if plan.associations else Counts())
        elif frame.height:
            counts.add(applier.values(frame))
        return counts

    def _applier(self, staged: StagedFile) -> Applier:
        structure = current(self.session)
        plan = read_header(staged.header, KINDS[staged.entity], structure)
        cells = CellReader(
            structure=structure,
            plan=plan,
            media=self._media(staged),
            inherited=lambda parents: inherited_values(self.session, parents),
            format=CellFormat(**staged.format),
            blank=self.blank,
        )
        decider = Decider(
            session=self.session,
            structure=structure,
            plan=plan,
            cells=cells,
            file=staged.name,
            mode=self.mode,
            repeated=repeated_rows(self.stage.names(staged, plan.key)),
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
