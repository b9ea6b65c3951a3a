"""Carry out an import that waits in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pim.db.runs import Run, find_run
from pim.db.unit_of_work import unit_of_work
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch
from pim.products.change_sets import open_change_set
from pim.staging.imports import ImportOptions, ImportRun
from pim.storage import run_files

_OPTIONS = frozenset(ImportOptions.__dataclass_fields__) - {"errors"}


def import_files(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Import the files that a run names, going on where an earlier worker stopped."""
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        options = options_of(run)
        if options.dry_run:
            return "done", _predict(context, run, options, watch)
        work.actor = run.author_id
        if "state" not in run.parameters:
            change_set = open_change_set(work, kind="import", label=run.label, run_id=run.id)
            state = {"task": 0, "change_set": change_set.id, "files": {}}
            run.parameters = {**run.parameters, "state": state}
            work.commit()
        importing = ImportRun.again(work, context.settings, run)
        importing.progress = watch
        return "done", importing.finish().document()


def _predict(
    context: JobContext, run: Run, options: ImportOptions, watch: Watch
) -> Mapping[str, object]:
    """Run the same code in a transaction that is rolled back; its own run row goes with it."""
    paths = [run_files.here(context.settings, Path(path)) for path in run.parameters["paths"]]
    with unit_of_work(context.engine, actor=run.author_id, dry_run=True) as work:
        importing = ImportRun.begin(work, context.settings, paths, options)
        importing.progress = replace(watch, writes=True)
        return {**importing.finish().document(), "dry_run": True}


def options_of(run: Run) -> ImportOptions:
    """Return the options that a run was queued with."""
    return ImportOptions(**{k: v for k, v in run.parameters.items() if k in _OPTIONS})
