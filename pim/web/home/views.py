"""The overview, and what monitors ask."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from channels.feeds.service import list_feeds
from pim.db import migrate
from pim.db.runs import recent_runs
from pim.web import state
from pim.web.feeds import presenting as feeds
from pim.web.home import overview as figures
from pim.web.products.fresh import catch_up
from pim.web.rules import PUBLIC, allowed
from pim.web.runs import presenting

pages = Blueprint("home", __name__)

RUNS = 8


@pages.get("/")
@allowed("home.view")
def overview() -> str:
    """Show where everything stands."""
    session = state.work().session
    catch_up()
    with state.reading() as reading:
        catalogue = figures.catalogue(reading, state.chosen().locale)
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


@pages.get("/health")
@allowed(PUBLIC)
def health() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@pages.get("/ready")
@allowed(PUBLIC)
def ready() -> ResponseReturnValue:
    """Say whether requests can be served: the database answers and is up to date."""
    reason = _unready()
    return (jsonify(status="ready"), 200) if reason is None else (jsonify(status=reason), 503)


def _unready() -> str | None:
    try:
        connection = state.work().session.connection()
        known = migrate.current_revision(connection)
        newest = migrate.newest_revision(connection)
    except SQLAlchemyError:
        return "no database"
    return None if known == newest else "the database is not up to date"
