"""Remove old runs with their files and violations, and publications whose files are gone."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from channels.publication.sharing import feed_folder
from pim.settings import Settings
from pim.storage import run_files

LEAST_RUNS: Final = timedelta(days=7)

_VIOLATIONS = text(
    """
    DELETE FROM import_violation v USING run r
    WHERE r.id = v.run_id AND r.finished < :before AND r.state NOT IN ('queued', 'running')
    """
)
_ENDED = text(
    """
    SELECT id FROM run r WHERE finished < :before AND state NOT IN ('queued', 'running')
      AND NOT EXISTS (
          SELECT FROM change_set c WHERE c.preview_id = r.id
            AND c.state IN ('previewed', 'awaiting_approval', 'approved', 'running'))
    ORDER BY id
    """
)
_FEEDS = text("SELECT id, code FROM feed ORDER BY id")
# The newest of each kind stay: they say what a feed's last publication was like.
_PUBLICATIONS = text(
    """
    DELETE FROM publication p
    WHERE p.feed_id = :feed AND p.at < :before AND p.state <> 'running' AND p.id <> ALL(:kept)
      AND p.id < (SELECT max(n.id) FROM publication n WHERE n.feed_id = p.feed_id
                  AND n.kind = p.kind AND n.state = p.state)
    """
)
# A change set keeps its run, and so does a publication that stays.
_RUNS = text(
    """
    DELETE FROM run r
    WHERE r.finished < :before AND r.state NOT IN ('queued', 'running')
      AND NOT EXISTS (SELECT FROM change_set c WHERE r.id IN (c.run_id, c.preview_id))
      AND NOT EXISTS (SELECT FROM publication p WHERE p.run_id = r.id)
    """
)
_JOBS = text(
    """
    DELETE FROM procrastinate_jobs j
    WHERE j.status NOT IN ('todo', 'doing')
      AND NOT EXISTS (SELECT FROM run r WHERE r.id = (j.args ->> 'run_id')::bigint)
    """
)


def prune_runs(engine: Engine, settings: Settings, *, before: datetime) -> dict[str, int]:
    """Remove what ended before a moment; return how many runs, violations, publications, folders.

    Rows that change sets name stay, without their files.
    """
    with engine.begin() as connection:
        folders = _folders(settings, list(connection.scalars(_ENDED, {"before": before})))
        removed = {
            "folders": folders,
            "violations": connection.execute(_VIOLATIONS, {"before": before}).rowcount,
            "publications": _publications(connection, settings, before),
            "runs": connection.execute(_RUNS, {"before": before}).rowcount,
        }
        connection.execute(_JOBS)
        return removed


def _folders(settings: Settings, runs: list[int]) -> int:
    """Remove the folders of runs, here and in the storage."""
    removed = 0
    for run in runs:
        folder = settings.runs / str(run)
        if folder.is_dir():
            removed += 1
            run_files.forget(settings, folder)
            shutil.rmtree(folder, ignore_errors=True)
    return removed


def _publications(connection: Connection, settings: Settings, before: datetime) -> int:
    removed = 0
    for feed in connection.execute(_FEEDS).all():
        kept = feed_folder(settings, feed.code).kept()
        values = {"feed": feed.id, "before": before, "kept": kept}
        removed += connection.execute(_PUBLICATIONS, values).rowcount
    return removed
