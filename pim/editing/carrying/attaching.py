"""Write files to the rows that they were matched with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.attribute_types import check
from pim.domain.operations import AttachMedia
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell, merge, patch_of
from pim.domain.violations import Violation
from pim.editing.carrying.parts import json_text
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import Shown, cells_shown
from pim.products.changes import changed_values


class AttachOutcomes:
    """Outcomes of attaching files, by the texts of the cells and the list of the files' keys."""

    def __init__(self, operation: AttachMedia, cells: Sequence[Cell], structure: Structure) -> None:
        self._operation = operation
        self._structure = structure
        self.cells = list(cells)
        self.attribute: Attribute = structure.attributes[operation.field]
        self._listed = self.attribute.type == "pim_catalog_asset_collection"

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row."""
        *stored, given = texts
        keys = orjson.loads(given or "[]")
        document: Any = {}
        wanted: Any = {}
        faults: list[Violation] = []
        for cell, text in zip(self.cells, stored, strict=True):
            old = None if text is None else orjson.loads(text)
            document = document if old is None else merge(document, patch_of(cell, old))
            data, found = check(self._data(old, keys), self.attribute, self._structure)
            faults.extend(found)
            if not found:
                wanted.setdefault(cell.attribute, {}).setdefault(cell.channel, {})[cell.locale] = (
                    data
                )
        if faults:
            return Outcome(None, None, 0, 0, len(self.cells), tuple(faults))
        before, after = changed_values(document, wanted)
        if not after:
            return Outcome(None, None, 0, len(self.cells), 0, ())
        changed = sum(len(locales) for c in after.values() for locales in c.values())
        was, now = json_text({"values": before}), json_text({"values": after})
        return Outcome(was, now, changed, len(self.cells) - changed, 0, ())

    def _data(self, old: Any, keys: list[str]) -> Any:
        if not self._listed:
            return keys[0] if keys else old
        kept = old or [] if self._operation.mode == "add" else []
        return [*kept, *(key for key in keys if key not in kept)]


class AttachRows(Rows):
    """Rows that get files; `take` tells which."""

    def __init__(
        self, operation: AttachMedia, structure: Structure, cells: Sequence[Cell] | None = None
    ) -> None:
        chosen = operation.cells(structure) if cells is None else cells
        super().__init__(AttachOutcomes(operation, chosen, structure), (operation.field,))
        self._operation, self._structure = operation, structure
        self.cells = list(chosen)
        self.looks_at = frozenset({operation.field})
        #: The chunk's files; narrowed writers share it.
        self._taken = [pl.DataFrame(schema={"id": pl.Int64, "files": pl.List(pl.String)})]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the cells that are written."""
        return tuple(cell.column for cell in self.cells)

    def take(self, rows: pl.DataFrame) -> None:
        """Take note of the files of a chunk's rows."""
        if "files" in rows.columns:
            self._taken[0] = rows.select("id", "files")

    def reads(self, reader: CellReader) -> list[str]:
        """Return the cells that are written."""
        return [f"(e.values #> {reader.bind(list(cell), 'text[]')})::text" for cell in self.cells]

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return each cell's files before and after."""
        return cells_shown(self.cells, texts[:-1], outcome)

    def without(self, columns: frozenset[str]) -> Rows | None:
        """Return what writes the other cells alone; None if there is none."""
        left = [cell for cell in self.cells if cell.column not in columns]
        if not left:
            return None
        narrowed = AttachRows(self._operation, self._structure, left)
        narrowed._taken = self._taken
        return narrowed

    def _read(
        self, session: Session, structure: Structure, kind: int, ids: Sequence[int], *, hold: bool
    ) -> pl.DataFrame:
        """Return the cells' texts, and behind them the list of keys."""
        rows = super()._read(session, structure, kind, ids, hold=hold)
        joined = rows.join(self._taken[0], on="id", how="left", maintain_order="left")
        keys = [orjson.dumps(each or []).decode() for each in joined["files"].to_list()]
        given = pl.Series(f"text{len(self.cells)}", keys, dtype=pl.String)
        return rows.with_columns(given)
