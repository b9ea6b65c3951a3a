"""Publish a feed: select, map, check, compare, guard, render, switch.

Until the pointer is switched nothing that readers see has changed, so a publication may be killed
at any moment; afterwards it is whole. A held one keeps its files aside until it is released.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import polars as pl

from channels.feeds.definition import Definition, parse_feed
from channels.models import Feed, Publication
from channels.publication import ledger as ledgers
from channels.publication.build import Built, build
from channels.publication.files import (
    CURRENT,
    DELTA,
    FeedFolder,
    describe,
    fresh_folder,
    sync_file,
    write_manifest,
)
from channels.publication.grouping import groups_at_hand, items_of_file
from channels.publication.guards import reasons_to_hold
from channels.publication.ledger import ADDED, CHANGED, HASHING, REMOVED, UNCHANGED, Diff
from channels.publication.notes import noted
from channels.publication.reconcile import reconcile
from channels.publication.selection import (
    changed_products,
    in_one_only,
    select_products,
    whole_groups,
)
from channels.publication.sharing import feed_folder
from exporters.contract import WriteContext, Written
from pim.db.unit_of_work import Work
from pim.errors import Refused
from pim.projection import Projection, Reading
from pim.settings import Settings
from pim.structure.queries import current

FRAME_ROWS = 50_000


@dataclass(frozen=True, kw_only=True)
class PublishOptions:
    """How to publish: a delta, for another moment, past the guards (with a reason)."""

    delta: bool = False
    as_of: datetime | None = None
    force: bool = False
    reason: str | None = None

    @property
    def kind(self) -> str:
        """Return the kind of publication: full, delta or as_of."""
        if self.as_of is not None:
            return "as_of"
        return "delta" if self.delta else "full"

    def document(self) -> dict[str, Any]:
        """Return what a run keeps of them, to be resumed with."""
        moment = self.as_of.isoformat() if self.as_of else None
        return {"delta": self.delta, "as_of": moment, "force": self.force, "reason": self.reason}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the options of a run's parameters."""
        moment = document.get("as_of")
        return cls(
            delta=bool(document.get("delta")),
            as_of=datetime.fromisoformat(moment) if moment else None,
            force=bool(document.get("force")),
            reason=document.get("reason"),
        )


@dataclass
class Publishing:
    """One publication on its way."""

    work: Work
    settings: Settings
    projection: Projection
    feed: Feed
    options: PublishOptions
    run_id: int | None = None
    record: Publication = field(init=False)
    definition: Definition = field(init=False)

    def __post_init__(self) -> None:
        """Read the definition; raises Refused when the structure has outgrown it."""
        if self.options.force and not self.options.reason:
            raise Refused("To publish past the guards, give a reason with --reason.")
        self.definition = parse_feed(self.feed.document, current(self.work.session))
        reconcile(self.work, self.feed, self.folder)
        if self.options.delta and self.definition.exporter.capabilities.delta is None:
            raise Refused(
                f"{self.definition.exporter.label} takes whole files only: publish without --delta."
            )

    @property
    def folder(self) -> FeedFolder:
        """Return the feed's folder."""
        return feed_folder(self.settings, self.feed.code)

    def publish(self) -> Publication:
        """Carry the publication to its end and return its record."""
        started = time.monotonic()
        now = self.options.as_of or self.work.clock()
        self._open(now)
        with self.projection.read() as reading:
            told = self.folder.newest()
            ledger = ledgers.read_ledger(self.folder, told)
            selected = select_products(reading, self.definition, now)
            within = self._within(reading, selected, told) if self.options.delta else None
            if within is not None:
                selected = selected.filter(selected.is_in(within.implode()))
            built = build(reading, self.definition, selected, as_of=now)
            diff = ledgers.compare(ledger, built.keys, within=within)
            self.record.snapshot = reading.manifest.snapshot
            unfinished = list(reading.manifest.unfinished)
        self._count(built, diff)
        reasons = list(self._reasons(built, diff, None if told is None else ledger.height))
        target, written = self._render(built, diff, now)
        reasons += self._too_large(written)
        self._note(written)
        self._conclude(target, built, diff, told, reasons, unfinished=unfinished, now=now)
        self.record.seconds = round(time.monotonic() - started, 3)
        self.work.commit()
        return self.record

    def _open(self, now: datetime) -> None:
        self.record = Publication(
            feed_id=self.feed.id,
            feed_version=self.feed.version,
            run_id=self.run_id,
            kind=self.options.kind,
            state="running",
            as_of=now,
        )
        self.work.session.add(self.record)
        self.work.commit()

    def _within(self, reading: Reading, selected: pl.Series, told: int | None) -> pl.Series | None:
        """Return the products that a delta looks at, None for all: also after a new definition."""
        last = (self.folder.manifest(told) if told else None) or {}
        if last.get("feed_version") != self.feed.version:
            return None
        changed = changed_products(self.work.session.connection(), last.get("snapshot"))
        if changed is None:
            return None
        then = select_products(reading, self.definition, datetime.fromisoformat(last["as_of"]))
        products = sorted({*changed, *in_one_only(then, selected)})  # time alone moves some, too
        compiled = self.definition.compile(self.record.as_of)
        groups = groups_at_hand(self.definition, compiled)
        ids = pl.Series("id", products, dtype=pl.Int64)
        if groups and reading.frame(["id"], ids=ids).height < len(products):
            return None  # nobody knows any more which group a deleted product belonged to
        return whole_groups(reading, products, groups)

    def _count(self, built: Built, diff: Diff) -> None:
        record = self.record
        record.items = built.items.height
        record.added = diff.count(ADDED)
        record.changed = diff.count(CHANGED)
        record.removed = diff.count(REMOVED)
        record.unchanged = diff.count(UNCHANGED)
        record.errors = built.checked.errors
        record.warnings = built.checked.warnings
        record.report = [rule.as_json() for rule in built.checked.report]

    def _reasons(self, built: Built, diff: Diff, before: int | None) -> Iterator[str]:
        requirements = self.definition.exporter.requirements(self.definition.options)
        prices = tuple(r.target for r in requirements.targets if r.kind == "price")
        yield from reasons_to_hold(
            self.definition.guards,
            items=built.items,
            count=self._afterwards(built, diff, before),
            selected=built.selected,
            before=before,
            price_targets=prices or tuple(t for t in built.items.columns if "price" in t.lower()),
        )
        limit = self.definition.exporter.limits(self.definition.options).max_items
        if limit is not None and built.items.height > limit:
            yield f"{built.items.height} items are more than the {limit} that one file may hold."

    def _afterwards(self, built: Built, diff: Diff, before: int | None) -> int:
        """Return how many items the destination will have."""
        if not self.options.delta:
            return built.items.height
        return (before or 0) + diff.count(ADDED) - diff.count(REMOVED)

    def _too_large(self, written: Written) -> Iterator[str]:
        limit = self.definition.exporter.limits(self.definition.options).max_bytes
        if limit is not None and written.bytes > limit:
            yield f"The file has {written.bytes} bytes, more than the {limit} that it may have."

    def _note(self, written: Written) -> None:
        """Report what the writer had to alter as warnings."""
        notes = [noted(name, count) for name, count in sorted(written.notes.items())]
        self.record.report = [*self.record.report, *notes]
        self.record.warnings += sum(note["count"] for note in notes)

    def _render(self, built: Built, diff: Diff, now: datetime) -> tuple[Path, Written]:
        """Write the files into a folder that nobody reads yet, forced to disk."""
        if self.options.kind == "as_of":
            folder = fresh_folder(self.folder.as_of(now))
        else:
            folder = self.folder.start(self.record.id)
        definition = self.definition
        limits = definition.exporter.limits(definition.options)
        items = items_of_file(built.items, diff.status if self.options.delta else None, limits)
        path = folder / definition.exporter.file_name(definition.options)
        with path.open("wb") as out:
            written = definition.exporter.write(
                (items.slice(at, FRAME_ROWS) for at in range(0, items.height, FRAME_ROWS)),
                out,
                definition.options,
                context=self._context(built, now),
                delta=self.options.delta,
                removed=diff.removed["item"].to_list() if self.options.delta else (),
            )
        sync_file(path)
        built.checked.violations.write_csv(folder / "violations.csv")
        return folder, written

    def _context(self, built: Built, now: datetime) -> WriteContext:
        definition = self.definition
        return WriteContext(
            feed=self.feed.code,
            as_of=now,
            targets=tuple(built.items.columns),
            label=self.feed.label,
            locale=definition.locale,
            currency=definition.currency,
            channel=definition.channel.code,
            country=definition.country,
            link=definition.link,
        )

    def _conclude(
        self,
        folder: Path,
        built: Built,
        diff: Diff,
        told: int | None,
        reasons: list[str],
        *,
        unfinished: list[int],
        now: datetime,
    ) -> None:
        """Write ledger and manifest and, unless held, switch the pointer: that commits.

        What is published for another moment replaces nothing, so nothing is held there.
        """
        self._write_ledger(folder, built, diff)
        files = {p.name: describe(p) for p in sorted(folder.iterdir()) if p.suffix != ".parquet"}
        record = self.record
        aside = record.kind == "as_of"
        held = bool(reasons) and not self.options.force and not aside
        manifest = {
            "feed": self.feed.code,
            "publication": record.id,
            "kind": record.kind,
            "at": self.work.clock().isoformat(),
            "as_of": now.isoformat(),
            "snapshot": record.snapshot,
            "items": record.items,
            "added": record.added,
            "changed": record.changed,
            "removed": record.removed,
            "unchanged": record.unchanged,
            "errors": record.errors,
            "warnings": record.warnings,
            "held": held,
            "reasons": reasons,
            "forced": self.options.reason if self.options.force else None,
            "unfinished": unfinished,
            "base": told if self.options.delta else None,
            "hashing": HASHING,
            "feed_version": record.feed_version,
            "files": files,
        }
        write_manifest(folder, manifest)
        self.folder.share(folder)
        record.manifest = manifest
        record.reasons = reasons
        record.state = "held" if held else "published"
        if not held and not aside:
            self.folder.switch(record.id, DELTA if self.options.delta else CURRENT, told=told)
        self.folder.retire(retention=self.definition.retention, held=[record.id] if held else [])

    def _write_ledger(self, folder: Path, built: Built, diff: Diff) -> None:
        keys = built.keys.with_columns(pl.lit(value=False).alias("removed"))
        if self.options.delta:
            gone = diff.removed.select(
                "product", "item", "hash", pl.lit(value=True).alias("removed")
            )
            keys = pl.concat([keys.filter(diff.status != UNCHANGED), gone], how="vertical_relaxed")
        keys.write_parquet(folder / ledgers.LEDGER, compression="zstd")
        items = (
            built.items if not self.options.delta else built.items.filter(diff.status != UNCHANGED)
        )
        products = keys.filter(~pl.col("removed"))["product"]
        items.insert_column(0, products.alias(ledgers.PRODUCT)).write_parquet(
            folder / ledgers.ITEMS, compression="zstd"
        )
