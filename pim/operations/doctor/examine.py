"""Carry all checks out; one that fails is a finding itself, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from pim.db import migrate
from pim.logs.secrets import Redactor
from pim.operations.doctor import columns, database, environment, files, work
from pim.operations.doctor.finding import ERROR, OK, WARNING, Finding, Patient, error
from pim.settings import Settings

Check = Callable[[Patient], Iterator[Finding]]

#: Need nothing but the machine; need a database; need one of this version.
ALWAYS: Final[Sequence[Check]] = (environment.settings, environment.home, environment.parts)
CONNECTED: Final[Sequence[Check]] = (database.server, database.revision)
FITTING: Final[Sequence[Check]] = (
    database.tables,
    work.runs,
    work.queue,
    columns.projection,
    files.feeds,
    files.media,
    files.orphans,
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All findings, in order."""

    findings: Sequence[Finding]

    @property
    def exit_code(self) -> int:
        """Return 0 when all is well, 1 after warnings, 3 after errors."""
        levels = {finding.level for finding in self.findings if not finding.fixed}
        return 3 if ERROR in levels else 1 if WARNING in levels else 0

    def count(self, level: str) -> int:
        """Return how many findings have a level."""
        return sum(finding.level == level for finding in self.findings)

    def document(self) -> dict[str, Any]:
        """Return the JSON of the report."""
        counts: Mapping[str, int] = {each: self.count(each) for each in (OK, WARNING, ERROR)}
        return {**counts, "findings": [finding.document() for finding in self.findings]}


def examine(engine: Engine, settings: Settings, *, fix: bool = False) -> Report:
    """Look at everything; with `fix`, mend what can be mended without losing anything."""
    patient = Patient(settings, engine)
    redact = Redactor(settings.secrets)
    found = []
    for check in _checks(patient):
        for finding in _told(check, patient):
            done = finding.fix() if fix and finding.fix else ""
            found.append(replace(finding, words=redact(finding.words), fixed=done))
    return Report(findings=found)


def _checks(patient: Patient) -> Iterator[Check]:
    yield from ALWAYS
    try:
        with patient.connect() as connection:
            connection.execute(text("SELECT 1"))
            fits = migrate.mismatch(connection) is None
    except OperationalError as problem:
        words = str(problem.orig).strip().splitlines()[0]
        yield lambda _: iter([_unreachable(words)])
        return
    yield from CONNECTED
    if fits:
        yield from FITTING


def _unreachable(words: str) -> Finding:
    return error(
        "database",
        f"It does not answer: {words}",
        mend="Is it running, and does PIM_DATABASE_URL name it? Its own log says more.",
    )


def _told(check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except Exception as problem:  # noqa: BLE001 - what breaks a check is what it looks for
        name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
        yield error(
            name,
            f"The check itself failed: {type(problem).__name__}: {problem}",
            mend="What it looks at is damaged in a way that it does not know.",
        )
