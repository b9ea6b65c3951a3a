"""Write back the rows that were rejected: the original columns and one more that says why.

The file imports again once mended: it is written as the original was (encoding, separator,
quotes), and the column `errors` is ignored then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import xlsxwriter
from sqlalchemy import text
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.staging.formulas import guarded
from pim.staging.intake import ERRORS
from pim.staging.staged import Stage, StagedFile

#: What a cell of a workbook can hold.
XLSX_CELL = 32_767

#: Row numbers that are looked at together.
SPAN = 20_000


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
    rejected = list(session.execute(_FILES, {"run": run_id}).scalars())
    names = list(dict.fromkeys(f.name for f in files if f.name in rejected))
    paths = _paths(names, target, folder)
    for name, path in paths.items():
        parts = [f for f in files if f.name == name]
        rows = _Rejected(session, run_id, stage, parts).frames()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _write_xlsx(path, rows)
        else:
            _write_csv(path, rows, parts[0].dialect)
    return list(paths.values())


@dataclass(frozen=True)
class _Rejected:
    """The rejected rows of one file, in its order, some at a time."""

    session: Session
    run_id: int
    stage: Stage
    parts: Sequence[StagedFile]

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows as they were given, with the reasons against them.

        Rows that could not be read stand in segments of their own, so a span of rows may lie in
        several.
        """
        spans = {segment: self._span(segment) for part in self.parts for segment in part.as_given}
        last = max((high for _, high in spans.values()), default=0)
        for low in range(0, last + 1, SPAN):
            reasons = self._reasons(low)
            if not reasons.height:
                continue
            segments = [s for s, (first, end) in spans.items() if first < low + SPAN and end >= low]
            found = [self._chosen(frame, reasons) for frame in self.stage.frames(segments)]
            yield pl.concat(found, how="vertical_relaxed").unique(ROW).sort(ROW).drop(ROW)

    def _span(self, segment: str) -> tuple[int, int]:
        rows = self.stage.read(segment, [ROW])[ROW]
        return (rows[0], rows[-1]) if rows.len() else (0, 0)

    def _reasons(self, low: int) -> pl.DataFrame:
        given = {"run": self.run_id, "file": self.parts[0].name, "low": low, "high": low + SPAN}
        schema = {ROW: pl.UInt32, ERRORS: pl.String}
        return pl.DataFrame(
            self.session.execute(_REASONS, given).all(), schema=schema, orient="row"
        )

    def _chosen(self, frame: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
        original = [name for name in self.parts[0].original if name.casefold() != ERRORS]
        chosen = frame.select(*original, ROW).join(reasons, on=ROW, how="inner")
        return chosen.select(*original, ERRORS, ROW)


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


def _write_csv(path: Path, frames: Iterable[pl.DataFrame], dialect: Mapping[str, str]) -> None:
    """Write text as the original file was written, formulas apart."""
    separator = {"tab": "\t", "space": " "}.get(named := dialect.get("separator") or ",", named)
    quote = dialect.get("quote", '"')
    encoding = dialect.get("encoding") or "utf-8"
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        for number, rows in enumerate(frames):
            shown = guarded(rows)
            if not quote:
                # Nothing is quoted in such a file, so the reasons must do without its signs.
                bare = pl.col(ERRORS).str.replace_all(f"[{separator}\r\n]", " ")
                shown = shown.with_columns(bare)
            content = shown.write_csv(
                separator=separator,
                quote_char=quote or '"',
                quote_style="necessary" if quote else "never",
                include_header=number == 0,
            )
            file.write(content)


def _write_xlsx(path: Path, frames: Iterable[pl.DataFrame]) -> None:
    """Write every cell as text, so that nothing becomes a number or a formula."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(_with_header(frames)):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, cell[:XLSX_CELL])


def _with_header(frames: Iterable[pl.DataFrame]) -> Iterator[Sequence[str | None]]:
    for number, frame in enumerate(frames):
        if number == 0:
            yield frame.columns
        yield from frame.iter_rows()


_FILES = text(
    "SELECT DISTINCT file FROM import_violation WHERE run_id = :run AND severity = 'error'"
)

_REASONS = text(
    """
    SELECT "row",
        string_agg(concat_ws(': ', nullif(column_name, ''), concat_ws(' ', message, mend)), ' | '
            ORDER BY id)
    FROM import_violation WHERE run_id = :run AND file = :file AND severity = 'error'
        AND "row" >= :low AND "row" < :high
    GROUP BY "row"
    """
)
