"""Write flat files: UTF-8, semicolons, a header, one row per thing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Values = dict[str, str]


def write_rows(path: Path, rows: Iterable[Mapping[str, str]], *, first: Sequence[str] = ()) -> None:
    """Write rows whose columns may differ: the header has them all, `first` in front.

    Columns that no row fills are left out, so that an import does not touch them.
    """
    rows = list(rows)
    used = dict.fromkeys(column for row in rows for column, value in row.items() if value != "")
    header = [*first, *(column for column in sorted(used) if column not in first)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, header, restval="", delimiter=";", lineterminator="\n", extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(rows)
