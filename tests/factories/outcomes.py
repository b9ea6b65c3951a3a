"""Import results as tests look at them."""

from __future__ import annotations

from typing import Any

from pim.staging.imports import ImportResult


def codes(result: ImportResult) -> list[tuple[int, str, str]]:
    """Return (row, column, code) of every violation."""
    return [(v["row"], v["column"], v["code"]) for v in result.violations]


def only(result: ImportResult) -> dict[str, Any]:
    """Return the one violation."""
    [found] = result.violations
    return found


def figures(result: ImportResult) -> tuple[int, int, int, int]:
    """Return created, updated, unchanged, rejected; they always add up to the rows."""
    counts = result.counts
    parts = (counts.created, counts.updated, counts.unchanged, counts.rejected)
    assert sum(parts) == counts.rows
    return parts
