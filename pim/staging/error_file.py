"""Write back the rows that were rejected: the original columns and one more that says why.

The file imports again once mended; the column `errors` is ignored then.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
from sqlalchemy import text
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.staging.staged import Stage, StagedFile

ERRORS = "errors"


def write_error_files(
    session: Session,
    run_id: int,
    stage: Stage,
    files: Sequence[StagedFile],
    *,
    target: Path | None,
    folder: Path,
) -> list[Path]:
    """Write one file per imported file that lost rows; return their paths.

    With one such file `target` is its path exactly; with several each adds the file's stem to it.
    """
    rejected = _rejected(session, run_id)
    names = list(dict.fromkeys(f.name for f in files if f.name in rejected))
    written = []
    for name in names:
        parts = [f for f in files if f.name == name]
        rows = _rows(stage, parts, rejected[name])
        path = _path(name, target, folder, alone=len(names) == 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _write_xlsx(path, rows)
        else:
            _write_csv(path, rows, parts[0].dialect)
        written.append(path)
    return written


def _rejected(session: Session, run_id: int) -> dict[str, pl.DataFrame]:
    rows = session.execute(
        text(
            "SELECT file, \"row\", string_agg(column_name || ': ' || message || ' ' || mend, ' | '"
            " ORDER BY id) FROM import_violation WHERE run_id = :run AND severity = 'error'"
            ' GROUP BY file, "row"'
        ),
        {"run": run_id},
    ).all()
    frame = pl.DataFrame(
        rows, schema={"file": pl.String, ROW: pl.UInt32, ERRORS: pl.String}, orient="row"
    )
    return {
        str(key[0]): part.drop("file")
        for key, part in frame.partition_by("file", as_dict=True).items()
    }


def _rows(stage: Stage, parts: Sequence[StagedFile], reasons: pl.DataFrame) -> pl.DataFrame:
    """Return the rejected rows of a file in its order, with their reasons."""
    original = parts[0].original
    segments = [s for part in parts for s in part.as_given]
    found = [
        frame.join(reasons, on=ROW, how="inner").select(*original, ERRORS, ROW)
        for frame in stage.frames(segments)
    ]
    return pl.concat(found, how="vertical_relaxed").unique(ROW).sort(ROW).drop(ROW)


def _path(name: str, target: Path | None, folder: Path, *, alone: bool) -> Path:
    stem = Path(name.replace("/", "_")).stem
    if target is None:
        return folder / "errors" / f"{stem}.errors.csv"
    return target if alone else target.with_name(f"{target.stem}-{stem}{target.suffix}")


def _write_csv(path: Path, rows: pl.DataFrame, dialect: dict[str, str]) -> None:
    separator = dialect.get("separator") or ","
    encoding = dialect.get("encoding") or "utf-8"
    content = rows.write_csv(separator={"tab": "\t"}.get(separator, separator))
    path.write_text(content, encoding=encoding, errors="replace", newline="")


def _write_xlsx(path: Path, rows: pl.DataFrame) -> None:
    """Write every cell as text, so that nothing becomes a number or a formula."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for column, header in enumerate(rows.columns):
            sheet.write_string(0, column, header)
        for number, row in enumerate(rows.iter_rows(), start=1):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, cell)
