"""Publish a feed as a run that people can follow, whoever asked for it."""

from __future__ import annotations

from channels.feeds.service import find_feed
from channels.models import Publication
from channels.publication.publish import Publishing, PublishOptions
from channels.publication.reconcile import fail
from pim.db import runs
from pim.db.unit_of_work import Work
from pim.errors import PimError
from pim.projection import Projection
from pim.settings import Settings

SUMMARY = ("items", "added", "changed", "removed", "unchanged", "errors", "warnings")


def publish_feed(
    work: Work,
    settings: Settings,
    projection: Projection,
    code: str,
    options: PublishOptions,
    *,
    run: runs.Run | None = None,
) -> Publication:
    """Publish a feed and note it on a run, a new one unless a queued one is given.

    Raises what stopped it, after noting that on the run and the publication.
    """
    feed = find_feed(work.session, code)
    run = run or runs.start_run(
        work, kind="publish", label=feed.label, parameters={"feed": feed.code}
    )
    work.commit()
    publishing = Publishing(work, settings, projection, feed, options, run_id=run.id)
    try:
        projection.refresh()
        record = publishing.publish()
    except Exception as error:
        work.rollback()
        text = str(error) if isinstance(error, PimError) else f"{type(error).__name__}: {error}"
        fail(work, feed, text)
        runs.finish_run(work, runs.find_run(work.session, run.id), state="failed", error=text)
        work.commit()
        raise
    result = {name: getattr(record, name) for name in SUMMARY}
    state = "held" if record.state == "held" else "done"
    runs.finish_run(
        work,
        run,
        result={"publication": record.id, **result, "reasons": record.reasons},
        state=state,
    )
    work.commit()
    return record
