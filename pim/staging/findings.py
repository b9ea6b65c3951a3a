"""Problems of one chunk of rows, collected while it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pim.domain.violations import Violation


@dataclass
class Findings:
    """Violations by position in the chunk; an error rejects its row, a warning does not.

    `rows` are the rows' numbers as people see them.
    """

    rows: Sequence[int]
    found: list[tuple[int, Violation]] = field(default_factory=list)
    rejected: set[int] = field(default_factory=set)

    def add(self, position: int, violation: Violation) -> None:
        """Note a problem of the row at a position."""
        self.found.append((position, violation))
        if violation.severity == "error":
            self.rejected.add(position)

    @property
    def mask(self) -> pl.Series:
        """Return whether each row is rejected."""
        mask = pl.repeat(value=False, n=len(self.rows), eager=True, dtype=pl.Boolean)
        return mask.scatter(list(self.rejected), values=True)

    @property
    def warnings(self) -> int:
        """Return how many of the problems are warnings."""
        return sum(violation.severity == "warning" for _, violation in self.found)

    def numbered(self) -> list[tuple[int, Violation]]:
        """Return the problems with the rows' numbers, in the order of the file."""
        ordered = sorted(self.found, key=lambda pair: pair[0])
        return [(self.rows[position], violation) for position, violation in ordered]


def violation_frame(
    found: Sequence[tuple[int, Violation]], *, run_id: int, file: str
) -> pl.DataFrame:
    """Return problems by row number as rows of `import_violation`."""
    rows = [
        (run_id, file, row, v.path, v.value, v.code, v.severity, v.text, v.mend_text)
        for row, v in found
    ]
    return pl.DataFrame(rows, schema=VIOLATION_SCHEMA, orient="row")


VIOLATION_SCHEMA = {
    "run_id": pl.Int64,
    "file": pl.String,
    "row": pl.Int64,
    "column_name": pl.String,
    "value": pl.String,
    "code": pl.String,
    "severity": pl.String,
    "message": pl.String,
    "mend": pl.String,
}
