"""Run an import: files are staged, then decided and applied chunk by chunk, resumable.

Structure files are applied first, in dependency order; then root models, sub models, products and
at last associations, which may name any product of the import. Each chunk is one transaction with
its progress, so a killed import goes on where it stopped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from pim.db import runs
from pim.db.run_locks import carrying_out
from pim.db.troubles import LOST, lost, words
from pim.db.unit_of_work import Work
from pim.editing.rules.running import ask_after_import
from pim.errors import Refused
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.models import ChangeSet
from pim.settings import Settings
from pim.staging.counts import Blank, Counts, Mode
from pim.staging.error_file import write_error_files
from pim.staging.intake import Intake
from pim.staging.processing import Processor
from pim.staging.profiles import Profile, find
from pim.staging.results import ImportResult, dialects, first_violations
from pim.staging.round_trip.conflicts import first_conflicts
from pim.staging.round_trip.files import write_conflict_files
from pim.staging.staged import PLAN, Stage, StagePlan
from pim.staging.tasks import tasks
from pim.storage import run_files
from pim.structure.queries import current

__all__ = ["ImportOptions", "ImportResult", "ImportRun"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What the person asked for; `entity` is "auto" or one of the flat format's entities.

    `blank` and `mode` of None leave it to the profile, else "keep" and "create_or_update".
    `dry_run` goes with a unit of work that is one. `errors` is where rejected rows are written,
    `conflicts` where cells are that others changed, too.
    """

    entity: str = "auto"
    profile: str | None = None
    dry_run: bool = False
    blank: Blank | None = None
    mode: Mode | None = None
    errors: Path | None = None
    conflicts: Path | None = None


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
    taken: int = 0
    task: int = 0

    @classmethod
    def begin(
        cls, work: Work, settings: Settings, paths: list[Path], options: ImportOptions
    ) -> ImportRun:
        """Open the run and its change set; `finish` commits them once it holds the run."""
        if work.dry_run != options.dry_run:
            raise ValueError("A dry run needs a unit of work that never commits.")
        label = ", ".join(path.name for path in paths)
        parameters = {
            "paths": [str(path) for path in paths],
            "base": str(Path.cwd()),
            **{k: str(v) if isinstance(v, Path) else v for k, v in asdict(options).items()},
        }
        run = runs.start_run(work, kind="import", label=label, parameters=parameters)
        change_set = open_change_set(work, kind="import", label=label, run_id=run.id)
        return cls(work, settings, run, options, change_set_id=change_set.id)

    @classmethod
    def again(cls, work: Work, settings: Settings, run: runs.Run) -> ImportRun:
        """Take up a run where its last committed chunk left it; raises Refused if it was undone."""
        names = ImportOptions.__dataclass_fields__
        given = {k: v for k, v in run.parameters.items() if k in names}
        for name in ("errors", "conflicts"):
            if given.get(name):
                given[name] = Path(given[name])
        state = run.parameters["state"]
        taken_up = cls(
            work,
            settings,
            run,
            ImportOptions(**given),
            counts={name: Counts(**counts) for name, counts in state["files"].items()},
            change_set_id=_reopened(work, run, state["change_set"]).id,
            taken=state.get("taken", 0),
            task=state["task"],
        )
        if run.state in runs.UNFINISHED:
            run.cancel_requested = False  # a wish of the time before
        run.state, run.error, run.finished = "running", None, None
        return taken_up

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
        """Carry the run to its end; raises what stopped it, after noting it on the run.

        Raises Refused when another process is at it.
        """
        with self._held(), self._folder() as folder:
            self._commit()
            try:
                return self._carry_out(folder)
            except BaseException as error:
                self.work.rollback()
                if not self.options.dry_run and not lost(error):
                    with suppress(*LOST):  # the lock tells, if the database is gone
                        self._fail(error)
                raise

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the run, which others see; nobody sees that of a dry run."""
        if self.options.dry_run:
            yield
            return
        engine = self.work.session.get_bind().engine
        with carrying_out(engine, self.run.id) as check, self.work.guarded(check):
            yield

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Give the run's folder; that of a dry run leaves no trace."""
        if self.options.dry_run:
            with tempfile.TemporaryDirectory(prefix="polka-import-") as passing:
                yield Path(passing)
        else:
            folder = self.settings.runs / str(self.run.id)
            folder.mkdir(parents=True, exist_ok=True)
            yield folder

    def _carry_out(self, folder: Path) -> ImportResult:
        if not self.options.dry_run:
            run_files.bring(self.settings, folder / "staged", last=PLAN)
        stage = Stage(folder / "staged")
        if not self._is_staged(stage):
            self._take_in(stage)
        plan = stage.load()
        self._process(stage, plan)
        return self._close(stage, plan, folder)

    def _is_staged(self, stage: Stage) -> bool:
        plan = stage.load()
        return plan.complete and self.taken == len(plan.sources)

    def _take_in(self, stage: Stage) -> None:
        intake = Intake(
            work=self.work,
            run_id=self.run.id,
            change_set_id=self.change_set_id,
            stage=stage,
            profile=self._profile,
            blank=self.blank,
        )
        paths = [run_files.here(self.settings, Path(p)) for p in self.run.parameters["paths"]]
        base = Path(self.run.parameters.get("base", ""))  # uploads are named by their whole path
        for name, counts in intake.take(
            paths, base=base, entity=self.options.entity, taken=self.taken
        ):
            self._count(name, counts)
            self.taken += 1
            self._share(stage)
            self._commit()

    def _share(self, stage: Stage) -> None:
        """Give staged rows to the machine that may have to go on with them."""
        if not self.options.dry_run:
            run_files.share(self.settings, stage.folder, last=PLAN)

    def _process(self, stage: Stage, plan: StagePlan) -> None:
        processor = Processor(
            session=self.work.session,
            settings=self.settings,
            stage=stage,
            files=plan.files,
            run_id=self.run.id,
            change_set_id=self.change_set_id,
            blank=self.blank,
            mode=self.mode,
            dry_run=self.options.dry_run,
        )
        total = sum(f.rows for f in plan.files)
        planned = list(tasks(plan.files))
        done = sum(task.rows for task in planned[: self.task])
        for task, counts in processor.carry_out(planned[self.task :]):
            done += task.rows
            self._count(plan.files[task.file].name, counts)
            self.task += 1
            runs.progress(self.work, self.run, done=done, total=total, stage=task.phase)
            self._commit()
            runs.heed_cancel(self.work.session, self.run)
            self.progress(done, total, task.phase)

    def _count(self, name: str, counts: Counts) -> None:
        self.counts.setdefault(name, Counts()).add(counts)

    def _commit(self) -> None:
        """Commit, with the state in the run's row: in the transaction of what led to it."""
        state = {
            "taken": self.taken,
            "task": self.task,
            "change_set": self.change_set_id,
            "files": {name: asdict(counts) for name, counts in self.counts.items()},
        }
        self.run.parameters = {**self.run.parameters, "state": state}
        self.work.commit()

    def _close(self, stage: Stage, plan: StagePlan, folder: Path) -> ImportResult:
        session = self.work.session
        session.flush()
        total = _total(self.counts)
        written = self.options.errors is not None or not self.options.dry_run
        error_files = (
            write_error_files(
                session,
                self.run.id,
                stage,
                plan.files,
                target=self.options.errors,
                folder=folder / "errors",
            )
            if written
            else []
        )
        conflict_files = self._conflict_files(folder / "conflicts")
        change_set = close_change_set(
            self.work, find_change_set(session, self.change_set_id), counts=asdict(total)
        )
        dry_run = self.options.dry_run
        result = ImportResult(
            run=None if dry_run else self.run.id,
            change_set=change_set.id if change_set and not dry_run else None,
            counts=total,
            files=self.counts,
            violations=first_violations(session, self.run.id),
            error_files=[str(path) for path in error_files],
            notes=plan.notes,
            read_as=dialects(plan.files),
            conflict_cells=first_conflicts(session, self.run.id),
            conflict_files=[str(path) for path in conflict_files],
            rules_run=self._ask_rules(change_set),
        )
        if not dry_run:
            run_files.share(self.settings, folder / "errors")
            run_files.share(self.settings, folder / "conflicts")
        runs.finish_run(self.work, self.run, result=result.document())
        self.work.commit()
        if not dry_run:
            run_files.forget(self.settings, folder / "staged")
        return result

    def _ask_rules(self, change_set: ChangeSet | None) -> int | None:
        """Let rules at what was written, in the transaction that ends the import."""
        if change_set is None or self.options.dry_run:
            return None
        session = self.work.session
        run = ask_after_import(self.work, current(session), change_set.id)
        return run.id if run else None

    def _conflict_files(self, folder: Path) -> list[Path]:
        """Write the conflicts for people to decide; a dry run only where it is told to."""
        target = self.options.conflicts
        if self.options.dry_run and target is None:
            return []
        session = self.work.session
        return write_conflict_files(
            session, self.run.id, current(session), target=target, folder=folder
        )

    def _fail(self, error: BaseException) -> None:
        """Note on run and change set how it ended; what was committed stays and counts."""
        run = runs.find_run(self.work.session, self.run.id)
        state = "cancelled" if isinstance(error, runs.Cancelled) else "failed"
        runs.finish_run(self.work, run, state=state, error=words(error, self.settings))
        counts = {n: Counts(**c) for n, c in run.parameters["state"]["files"].items()}
        change_set = find_change_set(self.work.session, self.change_set_id)
        close_change_set(self.work, change_set, counts=asdict(_total(counts)), state=state)
        self.work.commit()


def _total(counts: dict[str, Counts]) -> Counts:
    total = Counts()
    for each in counts.values():
        total.add(each)
    return total


def _reopened(work: Work, run: runs.Run, change_set_id: int) -> ChangeSet:
    """Return the run's change set, or a new one if it had written nothing and left no trace."""
    change_set = work.session.get(ChangeSet, change_set_id)
    if change_set is None:
        return open_change_set(work, kind="import", label=run.label, run_id=run.id)
    if change_set.state == "undone":
        raise Refused(f"What run {run.id} wrote was undone: import the files anew.")
    change_set.state, change_set.finished = "running", None
    return change_set
