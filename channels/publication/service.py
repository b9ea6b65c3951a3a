"""Publish a feed as a run that people can follow, whoever asked for it."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select

from channels.feeds.service import find_feed
from channels.models import Feed, Publication
from channels.publication.lock import alone
from channels.publication.publish import Publishing, PublishOptions
from channels.publication.reconcile import fail
from channels.publication.rounds import Round
from pim import logs
from pim.db import runs
from pim.db.run_locks import carrying_out
from pim.db.troubles import LOST, lost, words
from pim.db.unit_of_work import Work
from pim.errors import Refused
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
    shared: Round | None = None,
    refresh: bool = True,
) -> Publication:
    """Publish a feed and note it on a run, a new one unless a queued one is given.

    Who publishes several feeds refreshes the projection once and gives them one round to share.
    Raises what stopped it, after noting that on the run and the publication.
    """
    feed = find_feed(work.session, code)
    run = run or runs.start_run(
        work, kind="publish", label=feed.label, parameters={"feed": feed.code, **options.document()}
    )
    logs.bind(feed=feed.code)
    engine = work.session.get_bind().engine
    with carrying_out(engine, run.id) as check, work.guarded(check):
        work.commit()
        try:
            with alone(engine, feed):
                if refresh:
                    projection.refresh()
                publishing = Publishing(
                    work,
                    settings,
                    projection,
                    feed,
                    options,
                    run_id=run.id,
                    shared=shared or Round(),
                )
                record = _published_by(work, run) or publishing.publish_whole()
        except Exception as error:
            work.rollback()
            if not lost(error):
                with suppress(*LOST):  # the lock tells, if the database is gone
                    state = "cancelled" if isinstance(error, runs.Cancelled) else "failed"
                    _fail(work, feed, run.id, reasons_of(error, settings), options.kind, state)
            raise
        _finish(work, run, record)
    return record


def _published_by(work: Work, run: runs.Run) -> Publication | None:
    """Return what a run that is taken up again has published already.

    Its process ended between the switch and its last commit. Published once more, a delta would
    tell nothing, in the place of the one that tells what changed.
    """
    return work.session.scalar(
        select(Publication).where(Publication.run_id == run.id, Publication.state == "published")
    )


def _fail(work: Work, feed: Feed, run_id: int, reasons: list[str], kind: str, state: str) -> None:
    fail(work, feed, run_id, reasons, kind=kind)
    run = runs.find_run(work.session, run_id)
    runs.finish_run(work, run, state=state, error="\n".join(reasons))
    work.commit()


def _finish(work: Work, run: runs.Run, record: Publication) -> None:
    result = {name: getattr(record, name) for name in SUMMARY}
    runs.finish_run(
        work,
        run,
        result={"publication": record.id, **result, "reasons": record.reasons},
        state="held" if record.state == "held" else "done",
    )
    work.commit()


def reasons_of(error: Exception, settings: Settings | None = None) -> list[str]:
    """Return what stopped a publication, in sentences: of a refusal every problem."""
    problems = error.violations if isinstance(error, Refused) else ()
    named = [f"{v.path}: {v.text} {v.mend_text}".strip() for v in problems[:SHOWN]]
    more = [f"... and {len(problems) - SHOWN} more."] if len(problems) > SHOWN else []
    return [words(error, settings), *named, *more]
