"""What a save asks for and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.models import PRODUCT

#: What a person sees and changes beside values; lists of codes, but for `enabled`.
OwnField = Literal["enabled", "categories", "groups"]
OWN_FIELDS: Final = frozenset({"enabled", "categories", "groups"})

Address = Cell | OwnField


class _Unseen:
    """The sign for "nobody said what stood there", as None is an empty cell."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN: Final = _Unseen()


@dataclass(frozen=True, kw_only=True)
class CellEdit:
    """One cell that a person changed: where, what they want there, and what they saw there.

    `data` is JSON as the attribute's type takes it; None clears. Prices are cells by currency:
    {"EUR": "90", "GBP": None} sets one, clears one and leaves the others alone.
    """

    address: Address
    data: Any
    seen: Any = UNSEEN


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The cells that somebody changed of one product or model, and the version that they saw.

    Without a version and without seen values nothing is compared: what is asked for is written.
    """

    id: int
    cells: Sequence[CellEdit]
    kind: int = PRODUCT
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A cell that stays as somebody else wrote it: what was seen, stands there, was asked for.

    `change_set` is the other's, None where only the seen value tells that there was one.
    """

    field: str
    base: Any
    theirs: Any
    ours: Any
    change_set: int | None = None


@dataclass(frozen=True, kw_only=True)
class SaveResult:
    """What became of one edit: the columns saved or unchanged, conflicts, violations by column.

    `version` is the entity's new version, None if there is no such entity any more.
    """

    id: int
    identifier: str | None = None
    version: int | None = None
    saved: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    violations: tuple[Violation, ...] = ()

    @property
    def accepted(self) -> bool:
        """Tell whether everything that was asked for stands there now."""
        return not self.conflicts and not self.violations

    def document(self) -> dict[str, Any]:
        """Return the JSON of this result."""
        return {
            "identifier": self.identifier,
            "version": self.version,
            "saved": list(self.saved),
            "unchanged": list(self.unchanged),
            "conflicts": [vars(conflict) for conflict in self.conflicts],
            "violations": [_described(violation) for violation in self.violations],
        }


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of several edits, in their order; `change_set` is None if nothing was written."""

    change_set: int | None
    results: tuple[SaveResult, ...] = field(default=())


def _described(violation: Violation) -> Mapping[str, Any]:
    return {
        "code": violation.code,
        "field": violation.path,
        "value": violation.value,
        "message": violation.text,
        "mend": violation.mend_text,
    }
