"""Write the conflicts of a run to files, to be decided by people and imported again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.domain.attribute_types import type_of
from pim.domain.structure import Structure
from pim.products.models import MODEL, PRODUCT
from pim.staging.exports.writers import write_rows
from pim.staging.header import KEYS
from pim.staging.models import ImportConflict
from pim.staging.round_trip.marks import mark
from pim.staging.round_trip.resolutions import COLUMNS

_SUFFIXES: Final = {PRODUCT: "", MODEL: "-product_models"}


def write_conflict_files(
    session: Session, run_id: int, structure: Structure, *, target: Path | None, folder: Path
) -> list[Path]:
    """Write a file for each imported file and kind with conflicts; return their paths.

    With one such file `target` is its path exactly; with several each adds its stem to it.
    """
    found = session.execute(
        select(ImportConflict.file, ImportConflict.kind)
        .where(ImportConflict.run_id == run_id)
        .distinct()
        .order_by(ImportConflict.file, ImportConflict.kind)
    ).all()
    paths: list[Path] = []
    for number, (file, kind) in enumerate(found):
        path = _path(Path(file), kind, target, folder, alone=len(found) == 1)
        if path in paths:
            path = path.with_name(f"{number}-{path.name}")
        file_format = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
        key = structure.identifier if kind == PRODUCT else None
        header = (key.code if key else KEYS[kind], *COLUMNS)
        write_rows(path, file_format, header, _rows(session, run_id, file, kind, structure))
        paths.append(path)
    return paths


def _path(file: Path, kind: int, target: Path | None, folder: Path, *, alone: bool) -> Path:
    stem = f"{file.stem}{_SUFFIXES[kind]}" if not file.stem.startswith("product") else file.stem
    if target is None:
        suffix = ".xlsx" if file.suffix.lower() == ".xlsx" else ".csv"
        return folder / f"{stem}.conflicts{suffix}"
    return target if alone else target.with_name(f"{target.stem}-{stem}{target.suffix}")


def _rows(
    session: Session, run_id: int, file: str, kind: int, structure: Structure
) -> Iterator[list[str]]:
    query = (
        select(ImportConflict)
        .where(
            ImportConflict.run_id == run_id,
            ImportConflict.file == file,
            ImportConflict.kind == kind,
        )
        .order_by(ImportConflict.row, ImportConflict.id)
    )
    for row in session.scalars(query):
        sides = (_text(row.field, side, structure) for side in (row.base, row.theirs, row.ours))
        yield [row.identifier, mark(row.version, row.entity_id), row.field, *sides, ""]


def _text(field: str, json: str | None, structure: Structure) -> str:
    """Return data as one cell: codes by comma, "12.5 GRAM", quantities as CODE=2."""
    data: Any = None if json is None else orjson.loads(json)
    if data is None:
        return ""
    attribute = structure.attributes.get(field.partition("-")[0])
    if isinstance(data, bool):
        return "1" if data else "0"
    if isinstance(data, list):
        return ",".join(map(str, data))
    if isinstance(data, dict) and set(data) == {"amount", "unit"}:
        return f"{data['amount']} {data['unit']}"
    if isinstance(data, dict) and attribute is None:
        return ",".join(f"{name}={quantity}" for name, quantity in data.items())
    return type_of(attribute).write(data) if attribute else str(data)
