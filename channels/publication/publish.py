"""Publish a feed: select, map, check, compare, guard, render, switch.

Until the pointer is switched nothing that readers see has changed, so a publication may be killed
at any moment; afterwards it is whole. A held one keeps its files aside until it is released.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import polars as pl

from channels.feeds.definition import Definition
from channels.feeds.known import definition_of
from channels.models import Feed, Publication
from channels.publication import ledger as ledgers
from channels.publication.build import Built, build
from channels.publication.campaigns import keys_of
from channels.publication.compressing import SUFFIXES, opened
from channels.publication.deltas import Looked, look_at_all, look_at_changes
from channels.publication.files import (
    CURRENT,
    DELTA,
    FeedFolder,
    describe,
    fresh_folder,
    sync_file,
    write_manifest,
)
from channels.publication.grouping import items_of_file
from channels.publication.guards import reasons_to_hold
from channels.publication.ledger import ADDED, CHANGED, HASHING, REMOVED, UNCHANGED, Diff
from channels.publication.notes import noted
from channels.publication.progress import Progress
from channels.publication.reconcile import reconcile
from channels.publication.rejected import REJECTED, write_rejected
from channels.publication.rounds import Round
from channels.publication.sharing import feed_folder
from exporters.contract import WriteContext, Written
from pim.db.unit_of_work import Work
from pim.errors import Refused
from pim.projection import Projection, Reading
from pim.settings import Settings
from pim.structure.queries import current


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
    shared: Round = field(default_factory=Round)
    progress: Progress = field(init=False)
    record: Publication = field(init=False)
    definition: Definition = field(init=False)
    _campaigns: list[list[int]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Read the definition; raises Refused when the structure has outgrown it."""
        if self.options.force and not self.options.reason:
            raise Refused("To publish past the guards, give a reason with --reason.")
        self.progress = Progress(self.work, self.run_id)
        self.definition = definition_of(self.feed, current(self.work.session))
        reconcile(self.work, self.feed, self.folder)
        if self.options.delta and self.definition.exporter.capabilities.delta is None:
            raise Refused(
                f"{self.definition.exporter.label} takes whole files only: publish without --delta."
            )

    @property
    def folder(self) -> FeedFolder:
        """Return the feed's folder."""
        return feed_folder(self.settings, self.feed.code)

    def publish_whole(self) -> Publication:
        """Publish; of a publication that fails nothing stays, as of one that a full disk ends."""
        try:
            return self.publish()
        except BaseException:
            if getattr(self, "record", None) is not None and self.options.kind != "as_of":
                self.folder.discard(self.record.id)
            raise

    def publish(self) -> Publication:
        """Carry the publication to its end and return its record."""
        started = time.monotonic()
        now = self.options.as_of or self.work.clock()
        self._open(now)
        with self._reading(now) as reading:
            told = self.folder.newest()
            last = (self.folder.manifest(told) if told else None) or {}
            looked = self._look(reading, last, now)
            self.progress("mapping", total=len(looked.selected))
            built = build(
                reading,
                self.definition,
                looked.selected,
                as_of=now,
                rows=looked.rows,
                history=self.work.session,
            )
            self.record.snapshot = reading.manifest.snapshot
            self._campaigns = keys_of(reading)
            unfinished = list(reading.manifest.unfinished)
        self.progress("comparing", total=built.items.height)
        ledger = self._ledger(told, built, looked)
        diff = ledgers.compare(ledger, built.keys, within=looked.within)
        self._count(built, diff)
        before = (
            None if told is None else last["told"] if "told" in last else _height(self.folder, told)
        )
        reasons = list(self._reasons(built, diff, before))
        target, written = self._render(built, diff, now)
        reasons += self._too_large(written)
        self._note(written)
        self.progress("finishing", done=built.items.height, total=built.items.height)
        after = self._afterwards(built, diff, before)
        self._write_ledger(target, built, diff)
        write_rejected(target / REJECTED, built.rejected, looked.within)
        self._conclude(target, told, reasons, unfinished=unfinished, now=now, after=after)
        self.record.seconds = round(time.monotonic() - started, 3)
        self.work.commit()
        return self.record

    @contextmanager
    def _reading(self, now: datetime) -> Iterator[Reading]:
        """Give the catalogue as the feed's channel shows it at a moment, a past one as it was."""
        past = self.options.as_of is not None and now < self.work.clock()
        with self.projection.read_past(now) if past else self.projection.read() as reading:
            connection, channel = self.work.session.connection(), self.definition.channel.code
            yield self.shared.shown(connection, reading, channel, now)

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

    def _look(self, reading: Reading, last: Mapping[str, Any], now: datetime) -> Looked:
        if not self.options.delta:
            return look_at_all(reading, self.definition, now)
        return look_at_changes(
            self.work.session.connection(),
            reading,
            self.definition,
            now,
            last=last,
            version=self.feed.version,
            shared=self.shared,
        )

    def _ledger(self, told: int | None, built: Built, looked: Looked) -> pl.DataFrame:
        if looked.within is None:
            return ledgers.read_ledger(self.folder, told)
        return ledgers.read_told(self.folder, told, built.keys, looked.within)

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
        name = definition.exporter.file_name(definition.options)
        path = folder / f"{name}{SUFFIXES[definition.compression]}"
        with opened(path, definition.compression) as out:
            written = definition.exporter.write(
                self.progress.frames(items),
                out,
                definition.options,
                context=self._context(built, now),
                delta=self.options.delta,
                removed=diff.removed["item"].to_list() if self.options.delta else (),
            )
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
        told: int | None,
        reasons: list[str],
        *,
        unfinished: list[int],
        now: datetime,
        after: int,
    ) -> None:
        """Write the manifest and, unless held, switch the pointer: that commits.

        What is published for another moment replaces nothing, so nothing is held there.
        """
        record = self.record
        aside = record.kind == "as_of"
        held = bool(reasons) and not self.options.force and not aside
        manifest = {
            **self._manifest(folder, told, unfinished=unfinished, now=now, after=after),
            "held": held,
            "reasons": reasons,
        }
        for path in folder.iterdir():  # each once, before the manifest vouches for them
            sync_file(path)
        write_manifest(folder, manifest)
        self.folder.share(folder)
        record.manifest = manifest
        record.reasons = reasons
        record.state = "held" if held else "published"
        if not held and not aside:
            self.folder.switch(record.id, DELTA if self.options.delta else CURRENT, told=told)
        self.folder.retire(retention=self.definition.retention, held=[record.id] if held else [])

    def _manifest(
        self, folder: Path, told: int | None, *, unfinished: list[int], now: datetime, after: int
    ) -> dict[str, Any]:
        """Return what the manifest says of the record and of the files in its folder."""
        record = self.record
        files = {p.name: describe(p) for p in sorted(folder.iterdir()) if p.suffix != ".parquet"}
        return {
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
            "forced": self.options.reason if self.options.force else None,
            "unfinished": unfinished,
            "base": told if self.options.delta else None,
            "told": after,
            "hashing": HASHING,
            "feed_version": record.feed_version,
            "campaigns": self._campaigns,
            "files": files,
        }

    def _write_ledger(self, folder: Path, built: Built, diff: Diff) -> None:
        keys = built.keys.with_columns(pl.lit(value=False).alias("removed"))
        if self.options.delta:
            gone = diff.removed.select(
                "product", "item", "hash", pl.lit(value=True).alias("removed")
            )
            keys = pl.concat([keys.filter(diff.status != UNCHANGED), gone], how="vertical_relaxed")
        ledgers.write_ledger(folder / ledgers.LEDGER, keys)
        items = (
            built.items if not self.options.delta else built.items.filter(diff.status != UNCHANGED)
        )
        products = keys.filter(~pl.col("removed"))["product"]
        items.insert_column(0, products.alias(ledgers.PRODUCT)).write_parquet(
            folder / ledgers.ITEMS, compression="zstd", compression_level=1, statistics=False
        )


def _height(folder: FeedFolder, number: int) -> int:
    """Count what a destination was told by a publication whose manifest does not say so."""
    return ledgers.read_ledger(folder, number).height
