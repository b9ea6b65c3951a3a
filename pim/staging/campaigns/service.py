"""Save a campaign from a sheet: what the rows say is laid over their products, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pim.access.permits import require
from pim.campaigns import queries, sheets
from pim.campaigns.overlaid import CELLS, SheetCells
from pim.db.unit_of_work import Work
from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Structure
from pim.editing.campaigns.service import ACTION, Written, apply_campaigns
from pim.errors import Refused
from pim.projection import Projection
from pim.staging.campaigns.sheet import ReadSheet, read_sheet


@dataclass(frozen=True)
class Imported:
    """A campaign that was saved from a sheet, its document, and what the sheet came to."""

    written: Written
    document: Mapping[str, Any]
    sheet: ReadSheet

    def answer(self) -> dict[str, Any]:
        """Return the JSON answer of `pim campaign import`."""
        return {**self.written.documents()[0], **self.sheet.document()}


def import_campaign(
    work: Work,
    projection: Projection,
    structure: Structure,
    code: str,
    path: Path,
    *,
    changes: Mapping[str, Any],
    fmt: CellFormat | None = None,
) -> Imported:
    """Create a campaign from a sheet, or give the one of that code the cells of a new sheet.

    `changes` are further members of its document, of a new one its dates and time zone. Rows with
    errors are left out. Raises Refused if no row is left, or if the document is not valid.
    """
    require(work, ACTION)
    read = read_sheet(work.session, path, structure, fmt=fmt)
    if read.cells.is_empty():
        problems = [violation for _, violation in read.found[:20]]
        raise Refused(f"{path.name}: no row of it can be used, so nothing was saved.", problems)
    known = queries.lookup(work.session, code)
    document = {"code": code, "do": [], **(known.document if known else {}), **changes}
    cells = SheetCells(sheets.keep(work, read.cells)).to_document()
    document["do"] = [*(each for each in document["do"] if each["type"] != CELLS), cells]
    written = apply_campaigns(work, projection, [document], structure)
    return Imported(written, document, read)
