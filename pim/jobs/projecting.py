"""Bring the catalogue's columns up to date, or build them anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch


def project(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Refresh the projection; a run may ask for a rebuild."""
    with unit_of_work(context.engine) as work:
        rebuild = bool(find_run(work.session, run_id).parameters.get("rebuild"))
    show = replace(watch, writes=True)
    manifest = context.projection.refresh(
        rebuild=rebuild, progress=lambda done, total: show(done, total, "products")
    )
    return "done", {"manifest": manifest.number, "segments": len(manifest.segments)}
