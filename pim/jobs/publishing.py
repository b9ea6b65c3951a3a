"""Publish a feed that waits in the queue."""

from __future__ import annotations

from collections.abc import Mapping

from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch


def publish(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Publish the feed that a run names, from a catalogue that is up to date."""
    watch(0, None)
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        work.actor = run.author_id
        options = PublishOptions.from_document(run.parameters)
        record = publish_feed(
            work,
            context.settings,
            context.projection,
            run.parameters["feed"],
            options,
            run=run,
            shared=context.round,
        )
        run.done = run.total = record.items
        return ("held" if record.state == "held" else "done"), run.result
