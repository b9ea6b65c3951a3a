"""Run an import: files are staged, then decided and applied chunk by chunk, resumable.

Structure files are applied first, in dependency order; then root models, sub models, products and
at last associations, which may name any product of the import. Each chunk is one transaction with
its progress, so a killed import goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import func, select

from pim.assets.storage import Storage
from pim.db import runs
from pim.db.unit_of_work import Work
from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import PimError
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.models import MODEL, PRODUCT
from pim.settings import Settings
from pim.staging.apply import Applier
from pim.staging.cells import CellReader
from pim.staging.decide import Blank, Counts, Decider, Mode, repeated_rows
from pim.staging.error_file import write_error_files
from pim.staging.header import HeaderPlan, read_header
from pim.staging.intake import Intake
from pim.staging.media import MediaFiles
from pim.staging.models import ImportViolation
from pim.staging.profiles import Profile, find
from pim.staging.staged import Stage, StagedFile
from pim.structure.queries import current

VIOLATIONS_SHOWN = 100

KINDS = {"products": PRODUCT, "product_models": MODEL}


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What the person asked for; `entity` is "auto" or one of the flat format's entities.

    `blank` and `mode` of None leave it to the profile, else "keep" and "create_or_update".
    """

    entity: str = "auto"
    profile: str | None = None
    dry_run: bool = False
    blank: Blank | None = None
    mode: Mode | None = None
    errors: Path | None = None


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What an import came to; `violations` are the first 100."""

    run: int | None
    change_set: int | None
    counts: Counts
    files: dict[str, Counts]
    violations: list[dict[str, Any]]
    error_files: list[str]

    def document(self) -> dict[str, Any]:
        """Return the JSON answer of `pim import`."""
        return {
            "run": self.run,
            "change_set": self.change_set,
            **asdict(self.counts),
            "files": {name: asdict(counts) for name, counts in self.files.items()},
            "violations": self.violations,
            "error_files": self.error_files,
        }


@dataclass(frozen=True)
class Task:
    """One chunk of work: a phase over a segment of a staged file."""

    file: int
    phase: str
    segment: int


Progress = Callable[[int, int, str], None]


@dataclass
class ImportRun:
    """One import from its files to its result, or from where an earlier process stopped."""

    work: Work
    settings: Settings
    run: runs.Run
    options: ImportOptions
    progress: Progress = lambda _done, _total, _stage: None
    counts: dict[str, Counts] = field(default_factory=dict)
    change_set_id: int = 0
    task: int = 0

    @classmethod
    def begin(
        cls, work: Work, settings: Settings, paths: list[Path], options: ImportOptions
    ) -> ImportRun:
        """Open the run and its change set."""
        label = ", ".join(path.name for path in paths)
        parameters = {
            "paths": [str(path.absolute()) for path in paths],
            **{k: str(v) if isinstance(v, Path) else v for k, v in asdict(options).items()},
        }
        run = runs.start_run(work, kind="import", label=label, parameters=parameters)
        change_set = open_change_set(work, kind="import", label=label, run_id=run.id)
        started = cls(work, settings, run, options, change_set_id=change_set.id)
        started._remember()
        work.commit()
        return started

    @classmethod
    def again(cls, work: Work, settings: Settings, run: runs.Run) -> ImportRun:
        """Take up a run where its last committed chunk left it."""
        names = ImportOptions.__dataclass_fields__
        options = ImportOptions(**{k: v for k, v in run.parameters.items() if k in names})
        state = run.parameters["state"]
        return cls(
            work,
            settings,
            run,
            options,
            counts={name: Counts(**counts) for name, counts in state["files"].items()},
            change_set_id=state["change_set"],
            task=state["task"],
        )

    @property
    def folder(self) -> Path:
        """Return the run's folder."""
        return self.settings.runs / str(self.run.id)

    @cached_property
    def _profile(self) -> Profile | None:
        code = self.options.profile
        return find(self.work.session, code) if code else None

    @property
    def blank(self) -> Blank:
        """Return what an empty cell does."""
        return self.options.blank or (self._profile.blank if self._profile else "keep")

    @property
    def mode(self) -> Mode:
        """Return whether rows may create and update."""
        return self.options.mode or (self._profile.mode if self._profile else "create_or_update")

    def finish(self) -> ImportResult:
        """Carry the run to its end; raises what stopped it, after noting it on the run."""
        try:
            result = self._carry_out()
        except Exception as error:
            self.work.rollback()
            if not self.options.dry_run:
                self._fail(error)
            raise
        finally:
            if self.options.dry_run:
                shutil.rmtree(self.folder, ignore_errors=True)
        return result

    def _carry_out(self) -> ImportResult:
        stage = Stage(self.folder / "staged")
        if not (stage.folder / "plan.json").exists():
            self._take_in(stage)
        files = stage.load()
        self._process(stage, files)
        return self._close(stage, files)

    def _fail(self, error: Exception) -> None:
        run = runs.find_run(self.work.session, self.run.id)
        text = str(error) if isinstance(error, PimError) else f"{type(error).__name__}: {error}"
        runs.finish_run(self.work, run, state="failed", error=text)
        change_set = find_change_set(self.work.session, self.change_set_id)
        close_change_set(self.work, change_set, counts=asdict(self._total()), state="failed")
        self.work.commit()

    def _take_in(self, stage: Stage) -> None:
        intake = Intake(
            work=self.work,
            run_id=self.run.id,
            change_set_id=self.change_set_id,
            stage=stage,
            profile=self._profile,
            blank=self.blank,
        )
        paths = [Path(p) for p in self.run.parameters["paths"]]
        for name, counts in intake.take(paths, entity=self.options.entity):
            self._count(name, counts)
            self._remember()
            self.work.commit()
        self._remember()
        self.work.commit()

    def _process(self, stage: Stage, files: list[StagedFile]) -> None:
        structure = current(self.work.session)
        tasks = list(_tasks(files))
        total = sum(f.rows for f in files)
        done = 0
        appliers: dict[int, Applier] = {}
        for number, task in enumerate(tasks):
            staged = files[task.file]
            if number >= self.task:
                if task.file not in appliers:
                    appliers = {task.file: self._applier(stage, staged, structure)}
                self._one(stage, staged, task, appliers[task.file])
                self.task = number + 1
                self._remember()
                runs.progress(self.work, self.run, done=done, total=total, stage=task.phase)
                self.work.commit()
            done += 0 if task.phase in {"sub models", "associations"} else _height(staged, task)
            self.progress(min(done, total), total, task.phase)

    def _one(self, stage: Stage, staged: StagedFile, task: Task, applier: Applier) -> None:
        frame = stage.read(staged.segments[task.segment])
        parent = applier.decider.plan.system.get("parent")
        if task.phase in {"root models", "sub models"}:
            below = (
                pl.col(parent).fill_null("").str.strip_chars() != "" if parent else pl.lit(False)
            )
            frame = frame.filter(below if task.phase == "sub models" else ~below)
        if task.phase == "associations":
            if applier.decider.plan.associations:
                self._count(staged.name, applier.associations(frame))
        elif frame.height:
            self._count(staged.name, applier.values(frame))

    def _applier(self, stage: Stage, staged: StagedFile, structure: Structure) -> Applier:
        plan = read_header(staged.header, KINDS[staged.entity], structure)
        self._show_ignored(staged, plan)
        decider = Decider(
            session=self.work.session,
            structure=structure,
            plan=plan,
            cells=CellReader(
                structure=structure,
                plan=plan,
                media=MediaFiles(
                    Storage.from_settings(self.settings),
                    root=Path(staged.media_root) if staged.media_root else None,
                    store=not self.options.dry_run,
                ),
                format=CellFormat(**staged.format),
                blank=self.blank,
            ),
            file=staged.name,
            mode=self.mode,
            repeated=repeated_rows(stage.names(staged, plan.key)),
        )
        return Applier(
            session=self.work.session,
            decider=decider,
            run_id=self.run.id,
            change_set_id=self.change_set_id,
        )

    def _show_ignored(self, staged: StagedFile, plan: HeaderPlan) -> None:
        """Note columns that mean nothing, once per file, at the header's row."""
        shown = select(func.count()).where(
            ImportViolation.run_id == self.run.id,
            ImportViolation.file == staged.name,
            ImportViolation.code == "column_ignored",
        )
        if plan.ignored and not self.work.session.scalar(shown):
            self.work.session.add_all(self._row(staged.name, 1, v) for v in plan.ignored)
            self._count(staged.name, Counts(warnings=len(plan.ignored)))

    def _row(self, file: str, row: int, violation: Violation) -> ImportViolation:
        return ImportViolation(
            run_id=self.run.id,
            file=file,
            row=row,
            column=violation.path,
            value=violation.value,
            code=violation.code,
            severity=violation.severity,
            message=violation.text,
            mend=violation.mend_text,
        )

    def _count(self, name: str, counts: Counts) -> None:
        self.counts.setdefault(name, Counts()).add(counts)

    def _total(self) -> Counts:
        total = Counts()
        for counts in self.counts.values():
            total.add(counts)
        return total

    def _remember(self) -> None:
        """Keep the state in the run's row, in the transaction of the chunk that led to it."""
        state = {
            "task": self.task,
            "change_set": self.change_set_id,
            "files": {name: asdict(counts) for name, counts in self.counts.items()},
        }
        self.run.parameters = {**self.run.parameters, "state": state}

    def _close(self, stage: Stage, files: list[StagedFile]) -> ImportResult:
        session = self.work.session
        session.flush()
        total = self._total()
        error_files = write_error_files(
            session, self.run.id, stage, files, target=self.options.errors, folder=self.folder
        )
        change_set = close_change_set(
            self.work, find_change_set(session, self.change_set_id), counts=asdict(total)
        )
        result = ImportResult(
            run=None if self.options.dry_run else self.run.id,
            change_set=change_set.id if change_set and not self.options.dry_run else None,
            counts=total,
            files=self.counts,
            violations=first_violations(self.work, self.run.id),
            error_files=[str(path) for path in error_files],
        )
        runs.finish_run(self.work, self.run, result=result.document())
        self.work.commit()
        return result


def first_violations(
    work: Work, run_id: int, *, limit: int = VIOLATIONS_SHOWN
) -> list[dict[str, Any]]:
    """Return the first problems of a run, errors before warnings, in the order of the files."""
    rows = work.session.scalars(
        select(ImportViolation)
        .where(ImportViolation.run_id == run_id)
        .order_by(ImportViolation.severity, ImportViolation.id)
        .limit(limit)
    )
    names = ("file", "row", "column", "value", "code", "severity", "message", "mend")
    return [{name: getattr(row, name) for name in names} for row in rows]


def _tasks(files: list[StagedFile]) -> Iterator[Task]:
    """Yield the chunks in the order in which rows may refer to each other."""
    phases = (
        ("product_models", "root models"),
        ("product_models", "sub models"),
        ("products", "products"),
        ("product_models", "associations"),
        ("products", "associations"),
    )
    for entity, phase in phases:
        for number, staged in enumerate(files):
            if staged.entity == entity:
                for segment in range(len(staged.segments)):
                    yield Task(number, phase, segment)


def _height(staged: StagedFile, task: Task) -> int:
    average = staged.rows // max(1, len(staged.segments))
    last = task.segment == len(staged.segments) - 1
    return staged.rows - average * (len(staged.segments) - 1) if last else average
