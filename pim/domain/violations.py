"""Data problems as data: collected to the end, shown to people, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One broken rule at one place.

    `path` is the column in the flat format (`name-en_GB`) or a dotted path in a document;
    `message` and `mend` are templates filled from `parameters`; `value` is what was found.
    """

    code: str
    path: str
    message: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    value: str | None = None
    mend: str = ""
    severity: Severity = "error"

    @property
    def text(self) -> str:
        """Return the message as people read it."""
        return self.message.format_map(self.parameters)

    @property
    def mend_text(self) -> str:
        """Return what a person can do about it."""
        return self.mend.format_map(self.parameters)
