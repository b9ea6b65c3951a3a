"""What a run must know of the change set that it carries out as it was previewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change set and the run of its preview; `strict` refuses what has moved on since."""

    change_set: int
    preview: int
    strict: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as a run's parameters keep it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> Plan | None:
        """Return the plan that a run's parameters name, None if they name none."""
        return cls(**document) if document else None
