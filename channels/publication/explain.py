"""Explain one value of an item: how it came about, and whose edit or file it goes back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from channels.feeds.definition import Definition, parse_feed
from channels.mapping.compiled import CompiledMapping, Origin, origin
from channels.models import Feed
from channels.past_prices.columns import with_past_prices
from channels.publication import ledger
from channels.publication.files import CURRENT, DELTA, FeedFolder
from channels.publication.selection import SKUS, whole_groups
from channels.publication.withheld import refuse_withheld
from pim.db.unit_of_work import Work
from pim.domain.decimals import canonical
from pim.domain.structure import ALL, Structure
from pim.errors import NotFound, Refused
from pim.products.history import HistoryEntry, find_entity, product_history
from pim.products.models import PRODUCT
from pim.products.queries import Detail, find_detail, names_of
from pim.products.queries import Entity as Stored
from pim.projection import Projection, Reading
from pim.projection.effective import Effective
from pim.projection.effective.running import shown
from pim.structure.queries import current


@dataclass(frozen=True, kw_only=True)
class Held:
    """The level that holds a value, and how the product comes by it."""

    level: int
    entity: Stored
    data: Any
    inherited: bool


def explain(
    work: Work, projection: Projection, folder: FeedFolder, feed: Feed, *, item: str, target: str
) -> dict[str, Any]:
    """Return {feed, item, product, target, output, published, steps, source} of one value.

    `output` is what the catalogue gives now, `published` what the current file says, if its
    items are kept. `source` is None for a constant, else {attribute, scope, locale, data, level,
    entity, by, change_set, author, at, import: {file, row} or None}: `level` 0 is the root model
    or a simple product, `by` is own, inherited or fallback (of another locale). With `by` campaign
    the source has `campaign` {code, label, starts_at, ends_at} and `base`, the stored value, too,
    and all else tells where that comes from.

    Raises NotFound for an unknown item or target.
    """
    structure = current(work.session)
    definition = parse_feed(feed.document, structure)
    compiled = _compiled(definition, target, work)
    product = _product_of(work.session, folder, item)
    with projection.read() as base:
        connection, channel = work.session.connection(), definition.channel.code
        reading = shown(connection, base, channel, work.clock())
        frame, row = _frame(reading, compiled, product)
        frame = with_past_prices(frame, compiled, work.session, work.clock(), reading=reading)
        found = origin(compiled, target, frame, row=row)
        overlaid = found and _overlaid(reading, product, found.column)
    steps = compiled.trace(target, frame, row=row)
    own = names_of(work.session, [product])[product]
    source = found and _source(work.session, structure, own, found, steps[0]["output"])
    return {
        "feed": feed.code,
        "item": item,
        "product": own.name,
        "target": target,
        "output": _plain(compiled.apply(frame)[target][row]),
        "published": _published(folder, item, target, definition.item_id),
        "steps": steps,
        "source": source and {**source, **(overlaid or {})},
    }


def _compiled(definition: Definition, target: str, work: Work) -> CompiledMapping:
    compiled = definition.compile(work.clock())
    if target not in compiled.targets:
        known = ", ".join(compiled.targets)
        raise NotFound(f'The feed "{definition.code}" has no target "{target}": {known}.')
    return compiled


def _product_of(session: Session, folder: FeedFolder, item: str) -> int:
    """Return the product of an item: by what was published, else by identifier."""
    told = ledger.read_ledger(folder, folder.newest())
    known = told.filter(pl.col("item") == item)["product"]
    if known.len():
        return int(known[0])
    entity = find_entity(session, item)
    if entity.kind != PRODUCT:
        raise Refused(f'"{entity.name}" is a product model: name an item of the feed.')
    return entity.id


def _overlaid(reading: Reading, product: int, column: str) -> dict[str, Any] | None:
    """Return whose campaign gives a product's value of a column, and the value under it."""
    if not isinstance(reading, Effective):
        return None
    campaign = reading.campaigns_of(product, column)
    if campaign is None:
        return None
    ids = pl.Series("id", [product], dtype=pl.Int64)
    moments = {name: getattr(campaign, name).isoformat() for name in ("starts_at", "ends_at")}
    return {
        "by": "campaign",
        "campaign": {"code": campaign.code, "label": campaign.label, **moments},
        "base": _text(reading.base.frame([column], ids=ids)[column][0]),
    }


def _text(value: Any) -> Any:
    """Return a stored value as JSON can say it."""
    if isinstance(value, Decimal):
        return canonical(value)
    return value.isoformat() if isinstance(value, date) else _plain(value)


def _frame(reading: Reading, compiled: CompiledMapping, product: int) -> tuple[pl.DataFrame, int]:
    """Return the product's row among the rows of its groups."""
    ids = whole_groups(reading, [product], compiled.groups)
    frame = reading.frame(sorted(compiled.columns | {"id"}), ids=ids, levels=SKUS)
    row = frame["id"].index_of(product)
    if row is None:
        refuse_withheld(reading, product)
        raise NotFound("The product of this item does not exist any more.")
    return frame, row


def _published(folder: FeedFolder, item: str, target: str, item_id: str) -> Any:
    """Return what the newest kept items say, the delta's before the whole file's."""
    for pointer in (DELTA, CURRENT):
        path = folder.file(folder.pointed(pointer) or 0, ledger.ITEMS)
        if not path.exists() or target not in pl.read_parquet_schema(path):
            continue
        row = pl.scan_parquet(path).filter(pl.col(item_id) == item).select(target).collect()
        if row.height:
            return _plain(row[target][0])
    return None


def _source(
    session: Session, structure: Structure, product: Stored, found: Origin, shown: Any
) -> dict[str, Any]:
    held = _held(find_detail(session, product.uuid, PRODUCT, structure), found, shown)
    entry = _last_write(session, structure, held.entity.id, found.column)
    by = "fallback" if found.fallback else "inherited" if held.inherited else "own"
    cell = found.cell
    return {
        "attribute": found.field,
        "scope": cell.channel if cell and cell.channel != ALL else None,
        "locale": cell.locale if cell and cell.locale != ALL else None,
        "data": held.data,
        "level": held.level,
        "entity": held.entity.name,
        "by": by,
        **_written(entry),
    }


def _held(detail: Detail, found: Origin, shown: Any) -> Held:
    if found.cell is not None and found.cell in detail.resolved.cells:
        value = detail.resolved.cells[found.cell]
        owner = detail.chain[value.level]
        return Held(level=value.level, entity=owner, data=value.data, inherited=not value.own)
    level = _level_of_system_field(detail, found.field)
    below = level < detail.level
    return Held(level=level, entity=detail.chain[level], data=shown, inherited=below)


def _level_of_system_field(detail: Detail, field: str) -> int:
    """Return the lowest level with categories; every other system field is the product's own."""
    if field != "categories":
        return detail.level
    filled = [level for level, each in enumerate(detail.chain) if each.categories]
    return max(filled, default=detail.level)


def _last_write(
    session: Session, structure: Structure, entity: int, column: str
) -> HistoryEntry | None:
    """Return the newest entry that touched a column, else the one that created the entity."""
    touched = product_history(session, entity, structure, limit=1, field=column)
    if touched:
        return touched[0]
    every = product_history(session, entity, structure, limit=10_000)
    return next((entry for entry in every if entry.action == "create"), None)


def _written(entry: HistoryEntry | None) -> dict[str, Any]:
    if entry is None:
        return {"change_set": None, "author": None, "at": None, "import": None}
    row = {"file": entry.source_file, "row": entry.source_row}
    return {
        "change_set": entry.change_set,
        "author": entry.author,
        "at": entry.at.isoformat(),
        "import": row if entry.source_file else None,
    }


def _plain(value: Any) -> Any:
    return value.to_list() if isinstance(value, pl.Series) else value
