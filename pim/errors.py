"""The tree of exceptions, sorted by what the caller should do about them.

Data problems are not exceptions: they travel as `pim.domain.violations.Violation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pim.domain.violations import Violation


class PimError(Exception):
    """Say what failed; fatal unless a subclass says otherwise."""

    exit_code = 3


class Refused(PimError):
    """Refuse a document or a request, with every reason at once."""

    exit_code = 2

    def __init__(self, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class NotFound(Refused):
    """Say that the named thing does not exist."""


class NotPermitted(Refused):
    """Say that the actor may not do this."""


class Conflict(Refused):
    """Say that somebody else changed the same thing first."""


class Retryable(PimError):
    """Say that the same call may succeed later (a lost connection, a busy lock)."""


class DatabaseGone(Retryable):
    """Say that the database does not answer at this moment."""


class DiskFull(PimError):
    """Say which disk is full; the work can be taken up once it has room."""
