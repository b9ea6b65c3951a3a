"""The list of feeds, and the page of one: publications, quality, differences, files."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from channels.feeds.service import find_feed, list_feeds
from channels.models import Feed
from channels.publication import review
from pim.db.queue import enqueue_run
from pim.errors import Refused
from pim.web import people, state
from pim.web.feeds import presenting
from pim.web.rules import allowed

pages = Blueprint("feeds", __name__, url_prefix="/feeds")

PUBLICATIONS = 30
DIFFERENCES = 200


@pages.get("")
@allowed("feeds.view")
def index() -> str:
    """List the feeds."""
    session = state.work().session
    return render_template("feeds/list.html", lines=presenting.lines(session, list_feeds(session)))


@pages.get("/<code>")
@allowed("feeds.view")
def show(code: str) -> str:
    """Show a feed's publications."""
    return render_template("feeds/publications.html", tab="publications", **_head(code))


@pages.get("/<code>/quality")
@allowed("feeds.view")
def quality(code: str) -> str:
    """Show the quality report of a publication, by default the newest."""
    head = _head(code)
    feed, number = head["line"].feed, request.args.get("publication", type=int)
    record = (
        review.find_publication(state.work().session, feed, number) if number else head["line"].last
    )
    return render_template("feeds/quality.html", tab="quality", record=record, **head)


@pages.get("/<code>/differences")
@allowed("feeds.view")
def differences(code: str) -> str:
    """Show how two publications differ, by default the last two."""
    head = _head(code)
    kept = head["comparable"]
    new = request.args.get("new", type=int) or (kept[0] if kept else None)
    old = request.args.get("old", type=int) or next((n for n in kept if new and n < new), None)
    found = None
    if old and new:
        settings, feed = state.parts().settings, head["line"].feed
        found = review.difference(settings, feed, old, new, limit=DIFFERENCES)
    return render_template(
        "feeds/differences.html", tab="differences", old=old, new=new, found=found,
        limit=DIFFERENCES, **head,
    )  # fmt: skip


@pages.get("/<code>/definition")
@allowed("feeds.view")
def definition(code: str) -> str:
    """Show the feed's document."""
    head = _head(code)
    text = orjson.dumps(head["line"].feed.document, option=orjson.OPT_INDENT_2).decode()
    return render_template("feeds/definition.html", tab="definition", text=text, **head)


@pages.get("/<code>/publications/<int:number>/<name>")
@allowed("feeds.view")
def download(code: str, number: int, name: str) -> ResponseReturnValue:
    """Download a file of a publication."""
    feed = _find(code)
    path = presenting.find_file(state.parts().settings, feed, number, name)
    return send_file(
        path, as_attachment=True, download_name=name, mimetype="application/octet-stream"
    )


@pages.post("/<code>/publish")
@allowed("feeds.publish")
def publish(code: str) -> ResponseReturnValue:
    """Queue a publication."""
    feed = _find(code)
    run = enqueue_run(
        state.work(),
        kind="publish",
        label=feed.label,
        parameters={"feed": feed.code},
        lock=f"feed {feed.code}",
    )
    _note(f"queued publication of {feed.code} as run {run.id}")
    return redirect(url_for("runs.show", number=run.id), 303)


@pages.post("/<code>/release")
@allowed("feeds.publish")
def release(code: str) -> ResponseReturnValue:
    """Publish a held publication after all, with a reason."""
    feed, reason = _find(code), request.form.get("reason", "").strip()
    if not reason:
        raise Refused("Give a reason: it stays on the publication's record.")
    record = review.release(state.work(), state.parts().settings, feed, reason=reason)
    _note(f"released publication {record.id} of {feed.code}: {reason[:200]}")
    flash(f"Publication {record.id} is live.")
    return redirect(url_for("feeds.show", code=feed.code), 303)


@pages.post("/<code>/roll-back")
@allowed("feeds.publish")
def roll_back(code: str) -> ResponseReturnValue:
    """Make an earlier publication current again."""
    feed, to = _find(code), request.form.get("to", type=int)
    record = review.roll_back(state.work(), state.parts().settings, feed, to=to)
    _note(f"rolled {feed.code} back to publication {record.id}")
    flash(f"Publication {record.id} is live again.")
    return redirect(url_for("feeds.show", code=feed.code), 303)


def _find(code: str) -> Feed:
    return find_feed(state.work().session, code)


def _head(code: str) -> dict[str, Any]:
    """Return what every tab of a feed's page shows."""
    session, settings = state.work().session, state.parts().settings
    feed = _find(code)
    records = review.publications(session, feed, limit=PUBLICATIONS)
    current = presenting.current(settings, feed)
    return {
        "line": presenting.lines(session, [feed])[0],
        "publications": records,
        "current": current,
        "files": presenting.kept_files(settings, feed, current),
        "comparable": presenting.comparable(review.folder_of(settings, feed), records),
    }


def _note(what: str) -> None:
    person = state.person()
    people.note(what, person.email if person else "")
