"""Decide a chunk of rows: created, updated, unchanged or rejected, and exactly what to write.

Nothing is written here. A dry run and a run decide by the same code over the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.staging.axes import check_axes
from pim.staging.counts import Counts, Mode
from pim.staging.drafts import Drafts
from pim.staging.findings import Findings
from pim.staging.header import KEYS, HeaderPlan
from pim.staging.names import check_names, check_new_names
from pim.staging.places import Placed
from pim.staging.placing import Placing
from pim.staging.reading import ChunkReader, ReadChunk
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


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Decides the chunks of one file; `repeated` tells rows whose name stood there before."""

    session: Session
    structure: Structure
    plan: HeaderPlan
    reader: ChunkReader
    file: str
    repeated: pl.DataFrame
    mode: Mode = "create_or_update"

    def decide(self, chunk: ReadChunk) -> Decision:
        """Decide the rows of a chunk that was read."""
        findings = Findings(chunk.rows[ROW].to_list())
        asked = {read.value.cell: str(n) for n, read in enumerate(chunk.cells)}
        placing = Placing(session=self.session, structure=self.structure, plan=self.plan)
        placed = placing.place(chunk.rows, list(asked), findings)
        self._check_names(placed, findings)
        cells = self.reader.cells.settle(chunk.cells, placed, findings)
        chunk.note(findings)
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
            enabled=chunk.enabled,
        )
        return _sorted_out(drafts, placed, findings)

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
