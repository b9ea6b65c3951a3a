"""What the doctor finds: a level, words, a mend, and perhaps a way to mend it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine

from pim.settings import Settings

OK: Final = "ok"
WARNING: Final = "warning"
ERROR: Final = "error"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `fix` returns what it did, in words."""

    check: str
    level: str
    words: str
    mend: str = ""
    fix: Callable[[], str] | None = field(default=None, repr=False)
    fixed: str = ""

    def document(self) -> dict[str, Any]:
        """Return the JSON of a finding."""
        return {
            "check": self.check,
            "level": self.level,
            "words": self.words,
            "mend": self.mend,
            "fixable": self.fix is not None,
            "fixed": self.fixed,
        }


def ok(check: str, words: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(check=check, level=OK, words=words)


def warning(check: str, words: str, *, mend: str, fix: Callable[[], str] | None = None) -> Finding:
    """Say that something wants to be looked at."""
    return Finding(check=check, level=WARNING, words=words, mend=mend, fix=fix)


def error(check: str, words: str, *, mend: str, fix: Callable[[], str] | None = None) -> Finding:
    """Say that something does not work."""
    return Finding(check=check, level=ERROR, words=words, mend=mend, fix=fix)


@dataclass(frozen=True)
class Patient:
    """What is looked at: settings, and the database when it answers."""

    settings: Settings
    engine: Engine

    def connect(self) -> Connection:
        """Return a connection; whoever asks closes it."""
        return self.engine.connect()
