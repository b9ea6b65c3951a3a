"""Carry out rules that wait in the queue, and begin those whose schedule is due."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, select

from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.editing.rules.running import RuleRun, ask
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch
from pim.rules import queries
from pim.rules.models import Rule
from pim.rules.schemas import SCHEDULE
from pim.structure.queries import current


def run_rules(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Carry out the rules that a run names, going on where an earlier worker stopped."""
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        work.actor = run.author_id
        result = RuleRun(
            work=work,
            projection=context.projection,
            structure=current(work.session),
            run=run,
            codes=run.parameters["rules"],
            trigger=run.parameters["trigger"],
            change_set=run.parameters["change_set"],
            runs_folder=context.settings.runs,
            settings=context.settings,
            progress=watch.show,
        ).carry_out()
        return "done", result


def begin_due(engine: Engine) -> list[str]:
    """Queue one run of the rules whose schedule is due, and return their codes.

    Whoever comes second, on this machine or another, finds them begun.
    """
    with unit_of_work(engine) as work:
        session, now = work.session, work.clock()
        if not queries.is_any_scheduled(session):
            return []
        rules = queries.started_by(session, current(session), SCHEDULE)
        scheduled = {rule.code: rule for rule in rules}
        held = session.scalars(
            select(Rule).where(Rule.code.in_(scheduled)).with_for_update(skip_locked=True)
        )
        due = []
        for row in held:
            schedule = scheduled[row.code].schedule
            if schedule and schedule.due(row.begun_at or row.updated, now):
                row.begun_at = now
                due.append(row.code)
        if due:
            ask(work, sorted(due), trigger=SCHEDULE)
        return due
