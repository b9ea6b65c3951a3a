"""Decide a chunk of rows: created, updated, unchanged or rejected, and exactly what to write.

Nothing is written here. A dry run and a run decide by the same code over the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.domain.structure import Attribute, Codes, Structure
from pim.domain.values import Cell
from pim.rules.guard import Guards
from pim.staging.axes import check_axes
from pim.staging.counts import Counts, Mode
from pim.staging.drafts import Drafts
from pim.staging.findings import Findings
from pim.staging.header import KEYS, HeaderPlan
from pim.staging.held import hold_cells, hold_enabled
from pim.staging.names import check_names, check_new_names
from pim.staging.places import Placed
from pim.staging.placing import Placing
from pim.staging.reading import ChunkReader, ReadChunk
from pim.staging.round_trip.own import settle_enabled, settle_members, settle_places
from pim.staging.round_trip.trip import Trip, Trips
from pim.staging.uniques import check_uniques


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a chunk comes to; the frames are those of `pim.products.writer`.

    `uniques` are the values of unique attributes that the creations have, in their order, by the
    attribute's id. Of updates `moves_unique` tells which change such a value.
    """

    counts: Counts
    findings: Findings
    creates: pl.DataFrame
    uniques: Mapping[int, pl.Series]
    updates: pl.DataFrame
    trip: Trip | None = None


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Decides the chunks of one file; `repeated` tells rows whose name stood there before.

    `trips` recognises rows that were exported and come back. With `resolves` a product may stand
    in several rows: a cell each.
    """

    session: Session
    structure: Structure
    plan: HeaderPlan
    reader: ChunkReader
    file: str
    repeated: pl.DataFrame
    trips: Trips
    resolves: bool = False
    mode: Mode = "create_or_update"
    guards: Guards | None = None

    def decide(self, chunk: ReadChunk) -> Decision:
        """Decide the rows of a chunk that was read."""
        findings = Findings(chunk.rows[ROW].to_list())
        asked = {read.value.cell: str(n) for n, read in enumerate(chunk.cells)}
        placing = Placing(session=self.session, structure=self.structure, plan=self.plan)
        trip = self.trips.begin(chunk.texts, chunk.rows, findings)
        rows = settle_places(trip, self.session, self.structure) if trip else chunk.rows
        placed = placing.place(rows, list(asked), findings)
        self._check_names(placed, findings)
        cells = self.reader.cells.settle(chunk.cells, placed, findings, trip)
        kind = self.plan.kind
        cells = hold_cells(self.session, self.guards, kind, placed, cells, asked, findings)
        chunk.note(findings)
        if trip:
            chunk = self._own(chunk, trip, placed)
        enabled = hold_enabled(self.session, self.guards, kind, placed, chunk.enabled, findings)
        check_axes(self.session, self.plan.kind, placed, cells, findings)
        uniques = self._uniques(cells)
        check_uniques(self.session, placed, cells, uniques, findings)
        drafts = Drafts(
            kind=self.plan.kind,
            file=self.file,
            placed=placed,
            cells=cells,
            asked=asked,
            uniques=uniques,
            members=chunk.members,
            enabled=enabled,
        )
        return replace(_sorted_out(drafts, placed, findings), trip=trip)

    def begin(self, texts: pl.DataFrame) -> Trip | None:
        """Return what is known of rows that come back, once they were decided and accepted.

        What came between is left alone: rows whose version is no use any more are `lost`.
        """
        if self.plan.version is None:
            return None
        rows = self.reader.named(texts)
        return self.trips.begin(texts, rows, Findings(texts[ROW].to_list()))

    def _own(self, chunk: ReadChunk, trip: Trip, placed: Placed) -> ReadChunk:
        """Return a chunk in which status and memberships are only told where they were changed."""
        nouns: Mapping[str, Codes[Any]] = {
            "categories": self.structure.categories,
            "groups": self.structure.groups,
        }
        frame = placed.frame
        members = {
            key: settle_members(trip, key, listed, frame[f"stored_{key}"], nouns[key])
            for key, listed in chunk.members.items()
        }
        enabled = settle_enabled(trip, chunk.enabled, frame["stored_enabled"])
        return replace(chunk, members=members, enabled=enabled)

    def _uniques(self, cells: Iterable[Cell]) -> dict[Cell, Attribute]:
        """Return the cells whose values only one product may have, the identifier's aside."""
        attributes = {cell: self.structure.attributes[cell.attribute] for cell in cells}
        key = self.structure.identifier
        return {cell: a for cell, a in attributes.items() if a.unique and a != key}

    def _check_names(self, placed: Placed, findings: Findings) -> None:
        column = self.plan.key or KEYS[self.plan.kind]
        check_names(placed, findings, column=column, mode=self.mode, repeated=self.repeated)
        check_new_names(
            placed, findings, column=column, kind=self.plan.kind, structure=self.structure
        )


def _sorted_out(drafts: Drafts, placed: Placed, findings: Findings) -> Decision:
    accepted = ~findings.mask
    known = accepted & placed.known
    new = accepted & ~placed.known
    creates = drafts.creates(new)
    updates = drafts.updates(known)
    counts = Counts(
        rows=placed.frame.height,
        created=creates.height,
        updated=updates.height,
        unchanged=int(known.sum()) - updates.height,
        rejected=len(findings.rejected),
        warnings=findings.warnings,
    )
    return Decision(
        counts=counts,
        findings=findings,
        creates=creates,
        uniques=drafts.unique_values(new),
        updates=updates,
    )
