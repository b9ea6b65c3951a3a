"""Write back the rows that were rejected: the original columns and one more that says why.

The file imports again once mended: it is written as the original was (encoding, separator,
quotes), and the column `errors` is ignored then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
from sqlalchemy import text
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.staging.intake import ERRORS
from pim.staging.staged import Stage, StagedFile

#: What a cell of a workbook can hold.
XLSX_CELL = 32_767


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
    paths = _paths(names, target, folder)
    for name, path in paths.items():
        parts = [f for f in files if f.name == name]
        rows = _rows(stage, parts, rejected[name])
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _write_xlsx(path, rows)
        else:
            _write_csv(path, rows, parts[0].dialect)
    return list(paths.values())


def _rejected(session: Session, run_id: int) -> dict[str, pl.DataFrame]:
    """Return the reasons by file and row."""
    rows = session.execute(_REASONS, {"run": run_id}).all()
    schema = {"file": pl.String, ROW: pl.UInt32, ERRORS: pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return {
        str(key[0]): part.drop("file")
        for key, part in frame.partition_by("file", as_dict=True).items()
    }


def _rows(stage: Stage, parts: Sequence[StagedFile], reasons: pl.DataFrame) -> pl.DataFrame:
    """Return the rejected rows of a file in its order, with their reasons."""
    original = [name for name in parts[0].original if name.casefold() != ERRORS]
    segments = [s for part in parts for s in part.as_given]
    found = [
        frame.select(*original, ROW)
        .join(reasons, on=ROW, how="inner")
        .select(*original, ERRORS, ROW)
        for frame in stage.frames(segments)
    ]
    return pl.concat(found, how="vertical_relaxed").unique(ROW).sort(ROW).drop(ROW)


def _paths(names: Sequence[str], target: Path | None, folder: Path) -> Mapping[str, Path]:
    """Return where each file's rejected rows go; no two share a path."""
    if target is not None and len(names) == 1:
        return {names[0]: target}
    paths: dict[str, Path] = {}
    for name in names:
        given = Path(name)
        suffix = ".xlsx" if given.suffix.lower() == ".xlsx" else ".csv"
        for stem in _stems(given.stem):
            path = (
                folder / f"{stem}.errors{suffix}"
                if target is None
                else target.with_name(f"{target.stem}-{stem}{target.suffix}")
            )
            if path not in paths.values():
                paths[name] = path
                break
    return paths


def _stems(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _write_csv(path: Path, rows: pl.DataFrame, dialect: Mapping[str, str]) -> None:
    """Write text as the original file was written."""
    separator = {"tab": "\t", "space": " "}.get(named := dialect.get("separator") or ",", named)
    quote = dialect.get("quote", '"')
    if not quote:
        # Nothing is quoted in such a file, so the reasons must do without its signs.
        rows = rows.with_columns(pl.col(ERRORS).str.replace_all(f"[{separator}\r\n]", " "))
    content = rows.write_csv(
        separator=separator,
        quote_char=quote or '"',
        quote_style="necessary" if quote else "never",
    )
    encoding = dialect.get("encoding") or "utf-8"
    path.write_text(content, encoding=encoding, errors="replace", newline="")


def _write_xlsx(path: Path, rows: pl.DataFrame) -> None:
    """Write every cell as text, so that nothing becomes a number or a formula."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([rows.columns, *rows.iter_rows()]):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, cell[:XLSX_CELL])


_REASONS = text(
    """
    SELECT file, "row",
        string_agg(concat_ws(': ', nullif(column_name, ''), concat_ws(' ', message, mend)), ' | '
            ORDER BY id)
    FROM import_violation WHERE run_id = :run AND severity = 'error' GROUP BY file, "row"
    """
)
