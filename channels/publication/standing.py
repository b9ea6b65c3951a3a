"""Where one product stands in a feed: live, changed since, about to join or leave, held back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl
from sqlalchemy.orm import Session

from channels.feeds.definition import Definition
from channels.models import Feed
from channels.publication import ledger
from channels.publication.build import Built, build
from channels.publication.files import CURRENT, FeedFolder
from channels.publication.rounds import Round
from channels.publication.selection import GROUP_OF_LEVEL, whole_groups
from pim.projection import Reading

_PATH = "\x00path"

State = Literal["live", "changed", "joining", "leaving", "held", "outside", "withheld"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A product in a feed.

    - live: published as it is now; changed: published, and the next publication will differ;
    - joining: not published yet, the next publication takes it in; leaving: the reverse;
    - held: the feed selects it, and `problems` keep it out; outside: the feed does not select it;
    - withheld: a drop keeps it out, `until` its moment (`drop` is its code). One that is published
      still is leaving.

    `problems` are entries of the quality report (rule, target, severity, examples, mend).
    """

    feed: Feed
    state: State
    publication: int | None
    item: str | None
    problems: Sequence[dict[str, Any]]
    drop: str | None = None
    until: datetime | None = None


class Told(NamedTuple):
    """A publication's number, None before the first, and what it says of some products."""

    number: int | None
    rows: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Relatives:
    """A product and all variants of its style.

    `groups` has id, root, colourway and parent, `ids` is its first column; `shared` reads each of
    their columns once, however many feeds show it; `told` is what each feed's current publication
    says of them, by the feed's folder.
    """

    groups: pl.DataFrame
    ids: pl.Series
    shared: Round
    told: Mapping[Path, Told]


def relatives(reading: Reading, folders: Collection[FeedFolder], product: int) -> Relatives:
    """Return a product with all variants of its style, for its standing in these feeds."""
    ids = whole_groups(reading, [product], frozenset({"root"}))
    shared = Round()
    groups = shared.rows(reading, ids)(["id", "root", "colourway", "parent"], ids)
    return Relatives(groups=groups, ids=ids, shared=shared, told=_told(folders, ids))


def standing(
    reading: Reading,
    feed: Feed,
    definition: Definition,
    folder: FeedFolder,
    product: int,
    related: Relatives,
    *,
    now: datetime,
    history: Session | None = None,
) -> Standing:
    """Return where a product stands, by mapping and checking it now, with its group.

    `related` are the product's relatives; `history` is where campaigns and prices gone by are read.
    """
    if history is not None:
        channel = definition.channel.code
        reading = related.shared.shown(history.connection(), reading, channel, now)
    group = _group(related.groups, definition, product)
    number, of_style = related.told[folder.path]
    told = of_style.filter(of_style["product"].is_in(group.implode()))
    chosen = related.shared.select(reading, definition, now, related.ids)
    mine = group.filter(group.is_in(chosen.implode()))
    built = None
    if product in mine:
        built = build(
            reading,
            definition,
            mine,
            as_of=now,
            # Steps that look at the whole style see what a publication shows them.
            beside=chosen if definition.compile(now).groups else None,
            rows=related.shared.rows(reading, related.ids),
            history=history,
        )
    problems = [] if built is None else [rule.as_json() for rule in built.checked.report]
    item = told["item"][0] if told.height else None
    state = _state(built, told, _own(built, definition, product))
    drop = reading.withheld_by(product)
    return Standing(
        feed=feed,
        state="withheld" if drop and state == "outside" else state,
        publication=number,
        item=item,
        problems=problems,
        drop=drop.code if drop else None,
        until=drop.ends_at if drop else None,
    )


def _group(related: pl.DataFrame, definition: Definition, product: int) -> pl.Series:
    """Return the product, with all that share its item when items are styles or colourways."""
    column = GROUP_OF_LEVEL[definition.level]
    same = pl.col("id") == product
    if column is not None:
        same |= pl.col(column) == pl.col(column).filter(same).first()
    return related.filter(same)["id"]


def _told(folders: Collection[FeedFolder], products: pl.Series) -> dict[Path, Told]:
    """Return what the current publications say of these products, all ledgers read at once."""
    numbers = {folder.path: folder.pointed(CURRENT) for folder in folders}
    files = {
        folder.path: str(folder.file(number, ledger.LEDGER))
        for folder in folders
        if (number := numbers[folder.path]) is not None
    }
    found: dict[Any, pl.DataFrame] = {}
    if files:
        scan = pl.scan_parquet(list(files.values()), glob=False, include_file_paths=_PATH)
        rows = scan.filter(ledger.among(products), ~pl.col("removed")).collect()
        found = dict(rows.partition_by(_PATH, as_dict=True, include_key=False))
    nothing = pl.DataFrame(schema=ledger.SCHEMA)
    return {
        path: Told(number, found.get((files.get(path),), nothing))
        for path, number in numbers.items()
    }


def _own(built: Built | None, definition: Definition, product: int) -> pl.DataFrame | None:
    if built is None:
        return None
    if definition.level == "product":
        return built.keys.filter(pl.col("product") == product)
    return built.keys


def _state(built: Built | None, told: pl.DataFrame, keys: pl.DataFrame | None) -> State:
    if keys is None:
        return "leaving" if told.height else "outside"
    if keys.is_empty():
        return "leaving" if told.height else "held"
    if told.is_empty():
        return "joining"
    return "live" if set(keys["hash"]) == set(told["hash"]) else "changed"
