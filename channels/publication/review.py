"""What people do with publications: look back, compare, release, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.models import Feed, Publication
from channels.publication import ledger
from channels.publication.files import CURRENT, DELTA, FeedFolder
from channels.publication.lock import alone
from channels.publication.sharing import feed_folder
from exporters.contract import load_exporters, parse_options
from pim.db.unit_of_work import Work
from pim.errors import NotFound, Refused
from pim.settings import Settings

#: States of publications that came to their end.
DONE = frozenset({"published", "held", "replaced"})


def folder_of(settings: Settings, feed: Feed) -> FeedFolder:
    """Return a feed's folder."""
    return feed_folder(settings, feed.code)


def publications(session: Session, feed: Feed, *, limit: int = 50) -> list[Publication]:
    """Return the newest publications of a feed."""
    query = select(Publication).where(Publication.feed_id == feed.id)
    return list(session.scalars(query.order_by(Publication.id.desc()).limit(limit)))


def folder_path(settings: Settings, code: str, record: Publication) -> Path:
    """Return where a publication's files lie: for readers in `current`, else in its own folder."""
    folder = feed_folder(settings, code)
    if record.kind == "as_of":
        return folder.as_of(record.as_of)
    return folder.shown(record.id)


def last_two(session: Session, feed: Feed) -> tuple[int, int]:
    """Return the last two whole publications of a feed, the older first."""
    whole = [r.id for r in publications(session, feed) if r.kind == "full" and r.state in DONE]
    if len(whole) < 2:
        raise Refused(f'"{feed.code}" has fewer than two whole publications to compare.')
    return whole[1], whole[0]


def item_status(settings: Settings, feed: Feed, item: str) -> dict[str, Any]:
    """Return where one item stands: live or not published, and what its last check found."""
    folder = folder_of(settings, feed)
    number = folder.newest()
    told = ledger.read_ledger(folder, number)
    live = not told.filter(pl.col("item") == item).is_empty()
    answer = {"feed": feed.code, "item": item, "publication": number}
    return {
        **answer,
        "status": "live" if live else "not published",
        "violations": _violations(folder, number, item),
    }


def _violations(folder: FeedFolder, number: int | None, item: str) -> list[dict[str, Any]]:
    path = folder.file(number or 0, "violations.csv")
    if not path.exists():
        return []
    rows = pl.scan_csv(path, infer_schema=False).filter(pl.col("item") == item)
    return rows.collect().to_dicts()


def find_publication(session: Session, feed: Feed, number: int) -> Publication:
    """Return a publication of a feed, or raise NotFound."""
    record = session.get(Publication, number)
    if record is None or record.feed_id != feed.id:
        raise NotFound(f'The feed "{feed.code}" has no publication {number}.')
    return record


def release(work: Work, settings: Settings, feed: Feed, *, reason: str) -> Publication:
    """Publish the newest held publication after all; the reason stays on its record."""
    done = (r for r in publications(work.session, feed) if r.kind != "as_of" and r.state in DONE)
    newest = next(done, None)
    if newest is None or newest.state != "held":
        raise Refused(f'The newest publication of "{feed.code}" is not held.')
    with alone(work.session.get_bind().engine, feed):
        folder_of(settings, feed).switch(newest.id, DELTA if newest.kind == "delta" else CURRENT)
    newest.state = "published"
    newest.reasons = [*newest.reasons, f"Released: {reason}"]
    return newest


def roll_back(work: Work, settings: Settings, feed: Feed, *, to: int | None = None) -> Publication:
    """Make an earlier whole publication current again (by default the one before).

    A delta that went out since is no longer what the destination knows, so its pointer goes.
    """
    folder = folder_of(settings, feed)
    now = folder.pointed(CURRENT)
    whole = [
        record
        for record in publications(work.session, feed, limit=1000)
        if record.kind == "full" and folder.manifest(record.id) and record.state != "held"
    ]
    earlier = [r for r in whole if (r.id == to if to else now is not None and r.id < now)]
    if not earlier:
        raise Refused(f'"{feed.code}" has no such publication left to go back to.')
    for record in whole:
        if now is not None and earlier[0].id < record.id <= now:
            record.state = "replaced"
    with alone(work.session.get_bind().engine, feed):
        folder.unpoint(DELTA)
        folder.switch(earlier[0].id)
    earlier[0].state = "published"
    return earlier[0]


def difference(
    settings: Settings, feed: Feed, old: int, new: int, *, limit: int = 1000
) -> dict[str, Any]:
    """Return how the items of two publications differ: ids, and changed cells with both values.

    Answers {old, new, added: [item], removed: [item], changed: [{item, target, old, new}],
    counts: {added, removed, changed}}; lists are cut at `limit`, counts are not.
    """
    folder = folder_of(settings, feed)
    before, after = _items(folder, old), _items(folder, new)
    key = _item_column(feed)
    added = after.join(before, on=key, how="anti")[key]
    removed = before.join(after, on=key, how="anti")[key]
    changed = _changed_cells(before, after, key)
    return {
        "feed": feed.code,
        "old": old,
        "new": new,
        "added": added.head(limit).to_list(),
        "removed": removed.head(limit).to_list(),
        "changed": changed.head(limit).to_dicts(),
        "counts": {
            "added": added.len(),
            "removed": removed.len(),
            "changed": changed["item"].n_unique(),
        },
    }


def _items(folder: FeedFolder, number: int) -> pl.DataFrame:
    path = folder.file(number, ledger.ITEMS)
    if not path.exists():
        raise NotFound(f"The items of publication {number} are not kept any more.")
    return pl.read_parquet(path).drop(ledger.PRODUCT)


def _item_column(feed: Feed) -> str:
    exporter = load_exporters()[feed.document["exporter"]]
    return exporter.item_id(parse_options(exporter.options, feed.document.get("options", {})))


def _changed_cells(before: pl.DataFrame, after: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return item, target, old and new of every cell that differs, in the order of the items."""
    both = _as_text(before).join(_as_text(after), on=key, how="inner", suffix="\x00")
    targets = [t for t in {**before.schema, **after.schema} if t != key]
    parts = []
    for target in targets:
        old = pl.col(target) if target in before.columns else pl.lit(None, dtype=pl.String)
        new_name = f"{target}\x00" if target in before.columns else target
        new = pl.col(new_name) if target in after.columns else pl.lit(None, dtype=pl.String)
        parts.append(
            both.filter(old.ne_missing(new)).select(
                pl.col(key).alias("item"),
                pl.lit(target).alias("target"),
                old.alias("old"),
                new.alias("new"),
            )
        )
    return pl.concat(parts).sort("item", maintain_order=True)


def _as_text(items: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, dtype in items.schema.items() if dtype == pl.List(pl.String)]
    return items.with_columns(pl.col(name).list.join(", ") for name in lists)
