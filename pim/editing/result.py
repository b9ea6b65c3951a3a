"""What a bulk edit came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import polars as pl

from pim.domain.violations import Violation
from pim.editing.left_out import why

SHOWN: Final = 100


@dataclass
class BulkResult:
    """What a bulk edit came to. Counts of cells: changed, unchanged, invalid, not_permitted.

    `selected` products matched, `written` entities hold the changes, `reached` products show
    them. `left_out` are selected ones that could not be written any more: deleted meanwhile, or no
    longer meeting the condition. `violations` are the first 100, with the identifier of their row.
    `media` tells what became of files that were attached by name (`pim.editing.media`).
    `lost` counts, by attribute, products that keep a value which they no longer show.
    `differs` are cells that came out otherwise than a preview had shown.
    `unknown` and `duplicates` are listed names that nothing has, and those that came twice.
    """

    change_set: int | None = None
    selected: int = 0
    reached: int = 0
    written: int = 0
    changed: int = 0
    unchanged: int = 0
    invalid: int = 0
    not_permitted: int = 0
    left_out: int = 0
    differs: int = 0
    media: dict[str, Any] | None = None
    lost: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the JSON answer of `pim bulk`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the result that `document` gave."""
        return cls(**document)

    def figures(self) -> dict[str, int]:
        """Return the counts alone."""
        return {
            name: value
            for name, value in asdict(self).items()
            if isinstance(value, int) and name != "change_set"
        }

    @property
    def room(self) -> int:
        """Return how many more violations are shown."""
        return max(0, SHOWN - len(self.violations))

    def note(self, identifier: str | None, violation: Violation) -> None:
        """Show a violation of a row, if there is room."""
        if self.room:
            self.violations.append(
                {
                    "identifier": identifier,
                    "field": violation.path,
                    "code": violation.code,
                    "message": violation.text,
                    "mend": violation.mend_text,
                }
            )

    def refuse(self, rows: pl.DataFrame, violation: Violation, cells: int) -> None:
        """Count rows that cannot have the cells at all, and show the first of them."""
        self.invalid += rows.height * cells
        for name in rows["identifier"].head(self.room):
            self.note(name, violation)

    def hold_back(self, rows: pl.DataFrame, violation: Violation) -> None:
        """Count rows of which a cell may not be written, and show the first of them."""
        self.not_permitted += rows.height
        for name in rows["identifier"].head(self.room):
            self.note(name, violation)

    @property
    def exit_code(self) -> int:
        """Return the exit code of a command: 1 when something that was asked for was not done."""
        undone = (self.invalid, self.not_permitted, self.left_out, len(self.unknown))
        return 1 if any(undone) else 0

    def lose(self, attribute: str, products: int) -> None:
        """Count products that keep a value of an attribute, and no longer show it."""
        self.lost[attribute] = self.lost.get(attribute, 0) + products

    def leave_out(self, rows: pl.DataFrame) -> None:
        """Count rows (identifier, reason) that are left out, and show the first of them."""
        self.left_out += rows.height
        for name, reason in rows.head(self.room).iter_rows():
            self.note(name, why(reason))

    def note_names(self, unknown: Sequence[str], duplicates: Sequence[str]) -> None:
        """Keep the listed names that led nowhere, and those that came twice."""
        self.unknown, self.duplicates = list(unknown), list(duplicates)
