"""Publish a feed as a run that people can follow, whoever asked for it."""

from __future__ import annotations

from channels.feeds.service import find_feed
from channels.models import Publication
from channels.publication.lock import alone
from channels.publication.publish import Publishing, PublishOptions
from channels.publication.reconcile import fail
from pim import logs
from pim.db import runs
from pim.db.unit_of_work import Work
from pim.errors import PimError, Refused
from pim.projection import Projection
from pim.settings import Settings

#: Problems of a document that are named on a failed publication.
SHOWN = 20

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
    run_id = run.id
    logs.bind(feed=feed.code)
    try:
        with alone(work.session.get_bind().engine, feed):
            projection.refresh()
            record = Publishing(work, settings, projection, feed, options, run_id=run_id).publish()
    except Exception as error:
        work.rollback()
        reasons = reasons_of(error)
        fail(work, feed, run_id, reasons, kind=options.kind)
        run = runs.find_run(work.session, run_id)
        runs.finish_run(work, run, state="failed", error="\n".join(reasons))
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


def reasons_of(error: Exception) -> list[str]:
    """Return what stopped a publication, in sentences: of a refusal every problem."""
    if not isinstance(error, PimError):
        return [f"{type(error).__name__}: {error}"]
    problems = error.violations if isinstance(error, Refused) else ()
    named = [f"{v.path}: {v.text} {v.mend_text}".strip() for v in problems[:SHOWN]]
    more = [f"... and {len(problems) - SHOWN} more."] if len(problems) > SHOWN else []
    return [str(error), *named, *more]
