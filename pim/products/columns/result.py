"""What a parsed column is: canonical JSON per row, and violations of the rows without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl

from pim.domain.violations import Violation

#: One row per violation: the row that it concerns, then the violation's own fields;
#: `parameters` is JSON text.
VIOLATIONS: Final = pl.Schema(
    {
        "index": pl.UInt32,
        "code": pl.String,
        "path": pl.String,
        "message": pl.String,
        "parameters": pl.String,
        "value": pl.String,
        "mend": pl.String,
        "severity": pl.String,
    }
)


@dataclass(frozen=True, kw_only=True)
class ColumnResult:
    """Canonical JSON text for each row (null: empty or not valid), and what is wrong where.

    `json` has the length and order of the columns given; `violations` the columns of VIOLATIONS,
    ordered by row.
    """

    json: pl.Series
    violations: pl.DataFrame


def as_rows(keyed: Sequence[tuple[int, Violation]]) -> pl.DataFrame:
    """Return violations with the row or key that each concerns as a frame."""
    rows = [
        (key, v.code, v.path, v.message, _json(v.parameters), v.value, v.mend, v.severity)
        for key, v in keyed
    ]
    return pl.DataFrame(rows, schema=VIOLATIONS, orient="row")


def as_violation(row: Mapping[str, Any]) -> Violation:
    """Return the violation that a row of the frame holds."""
    return Violation(
        code=row["code"],
        path=row["path"],
        message=row["message"],
        parameters=orjson.loads(row["parameters"]),
        value=row["value"],
        mend=row["mend"],
        severity=row["severity"],
    )


def _json(parameters: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(parameters)).decode()
