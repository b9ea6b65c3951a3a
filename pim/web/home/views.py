"""The overview."""

from __future__ import annotations

from flask import Blueprint, render_template

from channels.feeds.service import list_feeds
from pim.db.runs import recent_runs
from pim.editing.interruptions import settle
from pim.web import state
from pim.web.feeds import presenting as feeds
from pim.web.home import overview as figures
from pim.web.rules import allowed
from pim.web.runs import presenting

pages = Blueprint("home", __name__)

RUNS = 8


@pages.get("/")
@allowed("home.view")
def overview() -> str:
    """Show where everything stands."""
    session = state.work().session
    with state.reading() as reading:
        catalogue = figures.catalogue(reading, state.chosen().locale)
    settle(state.work())
    runs = recent_runs(session, limit=RUNS)
    return render_template(
        "home/overview.html",
        catalogue=catalogue,
        lines=feeds.lines(session, list_feeds(session)),
        runs=runs,
        kinds=presenting.KINDS,
        progress={run.id: presenting.progress(run) for run in runs},
        authors=presenting.authors(session, runs),
        changes=figures.changes(session),
    )
