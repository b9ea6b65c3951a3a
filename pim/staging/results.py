"""What an import came to, as people and scripts read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.staging.counts import Counts
from pim.staging.models import ImportViolation
from pim.staging.staged import StagedFile

VIOLATIONS_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What an import came to; `violations` are the first 100, `notes` say what was left aside.

    `read_as` tells for each file how it was read, and what of that was guessed. `conflict_cells`
    are the first 100 cells that the files and others changed differently, with three values.
    `rules_run` is the run of the rules that imports start, None if there are none.
    """

    run: int | None
    change_set: int | None
    counts: Counts
    files: dict[str, Counts]
    violations: list[dict[str, Any]]
    error_files: list[str]
    notes: list[str] = field(default_factory=list)
    read_as: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    conflict_cells: list[dict[str, Any]] = field(default_factory=list)
    conflict_files: list[str] = field(default_factory=list)
    rules_run: int | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON answer of `pim import`."""
        return {
            "run": self.run,
            "change_set": self.change_set,
            **asdict(self.counts),
            "files": {name: asdict(counts) for name, counts in self.files.items()},
            "violations": self.violations,
            "error_files": self.error_files,
            "notes": self.notes,
            "read_as": dict(self.read_as),
            "conflict_cells": self.conflict_cells,
            "conflict_files": self.conflict_files,
        }


def first_violations(
    session: Session, run_id: int, *, limit: int = VIOLATIONS_SHOWN
) -> list[dict[str, Any]]:
    """Return the first problems of a run, errors before warnings, in the order of the files."""
    rows = session.scalars(
        select(ImportViolation)
        .where(ImportViolation.run_id == run_id)
        .order_by(ImportViolation.severity, ImportViolation.id)
        .limit(limit)
    )
    names = ("file", "row", "column", "value", "code", "severity", "message", "mend")
    return [{name: getattr(row, name) for name in names} for row in rows]


def dialects(files: Sequence[StagedFile]) -> dict[str, dict[str, Any]]:
    """Return how each file was read, and what of that nobody had named."""
    return {file.name: {**file.dialect, "guessed": file.guessed} for file in files}
