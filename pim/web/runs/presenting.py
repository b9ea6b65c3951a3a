"""A run in words: how far, how fast, how long still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.db.runs import Run
from pim.editing.pace import pace
from pim.staging.models import ImportViolation
from pim.storage import run_files
from pim.web import state

ENDED: Final = frozenset({"done", "held", "failed", "cancelled", "interrupted"})
KINDS: Final = {
    "import": "Import",
    "export": "Export",
    "preview": "Preview",
    "bulk": "Bulk edit",
    "undo": "Undo",
    "project": "Projection",
    "publish": "Publication",
    "rules": "Rules",
}
EXAMPLES: Final = 5


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run is; `percent`, `rate` (per second) and `left` (seconds) are None if unknown."""

    ended: bool
    percent: int | None
    rate: float | None
    left: float | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The violations of one code in a run."""

    code: str
    severity: str
    count: int
    mend: str
    examples: Sequence[Any]


def progress(run: Run) -> Progress:
    """Return how far a run is."""
    ended = run.state in ENDED
    end = run.finished if ended else datetime.now(UTC)
    seconds = (end - run.started).total_seconds() if run.started and end else None
    recent = pace(run)
    rate = recent.rate or (run.done / seconds if seconds and run.done else None)
    ahead = (run.total or 0) - run.done
    return Progress(
        ended=ended,
        percent=min(100, 100 * run.done // run.total) if run.total else None,
        rate=rate,
        left=ahead / rate if rate and not ended and ahead > 0 else None,
        seconds=seconds,
    )


def authors(session: Session, runs: Sequence[Any]) -> dict[int, str]:
    """Return the names of those who started some runs or change sets."""
    ids = {run.author_id for run in runs if run.author_id}
    rows = session.scalars(select(User).where(User.id.in_(ids)))
    return {user.id: user.name or user.email for user in rows}


def problems(session: Session, run: Run) -> list[Problem]:
    """Return what was wrong in an import, by code, the most frequent first."""
    if (run.result or {}).get("dry_run"):
        return _predicted(run)
    rows = session.execute(
        select(
            ImportViolation.code,
            ImportViolation.severity,
            func.count().label("cells"),
            func.min(ImportViolation.mend).label("mend"),
            func.min(ImportViolation.id).label("first"),
        )
        .where(ImportViolation.run_id == run.id)
        .group_by(ImportViolation.code, ImportViolation.severity)
        .order_by(ImportViolation.severity, func.count().desc())
    ).all()
    return [
        Problem(
            code=row.code,
            severity=row.severity,
            count=row.cells,
            mend=row.mend,
            examples=_examples(session, run.id, row.code, row.severity),
        )
        for row in rows
    ]


def _examples(session: Session, run_id: int, code: str, severity: str) -> Sequence[Any]:
    query = select(ImportViolation).where(
        ImportViolation.run_id == run_id,
        ImportViolation.code == code,
        ImportViolation.severity == severity,
    )
    return session.scalars(query.order_by(ImportViolation.id).limit(EXAMPLES)).all()


def _predicted(run: Run) -> list[Problem]:
    """Return the problems that a dry run has kept: the first hundred."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in (run.result or {}).get("violations", ()):
        found.setdefault((each["severity"], each["code"]), []).append(each)
    return [
        Problem(
            code=code,
            severity=severity,
            count=len(rows),
            mend=rows[0]["mend"],
            examples=rows[:EXAMPLES],
        )
        for (severity, code), rows in found.items()
    ]


@dataclass(frozen=True, kw_only=True)
class ErrorFile:
    """A file of rejected rows, under a name that tells nothing of the server's folders."""

    path: Path
    name: str


def error_files(run: Run) -> list[ErrorFile]:
    """Return the files of rejected rows that are still there."""
    folders = [str(Path(path).parent) for path in run.parameters.get("paths", ())]
    prefixes = [folder.replace("/", "_") + "_" for folder in folders]
    found = []
    for noted in (run.result or {}).get("error_files", ()):
        path = run_files.here(state.parts().settings, Path(noted))
        if path.is_file():
            name = path.name
            for prefix in prefixes:
                name = name.removeprefix(prefix)
            found.append(ErrorFile(path=path, name=name))
    return found
