"""What an undo works on and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure

CHUNK = 10_000
KEPT_CELLS_SHOWN = 1_000


@dataclass
class Undone:
    """What an undo came to: entities restored, cells kept; `kept_cells` has at most 1,000 entries.

    A kept cell is {identifier, field, ours: what the change set wrote, theirs: what stands now};
    the field "*" means a whole entity. `change_set` is None when nothing was written.
    """

    change_set: int | None = None
    restored: int = 0
    kept: int = 0
    kept_cells: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, identifier: str | None, column: str, *, ours: Any, theirs: Any) -> None:
        """Note a cell that stays as it is."""
        self.kept += 1
        if len(self.kept_cells) < KEPT_CELLS_SHOWN:
            self.kept_cells.append(
                {"identifier": identifier, "field": column, "ours": ours, "theirs": theirs}
            )


@dataclass
class Undoing:
    """One undo: the change set to revert and the one that reverts it.

    `series` and `place` are where it stands: in which series of chunks (they always come in the
    same order) and after which entity. An undo that was interrupted goes on from there.
    """

    session: Session
    target: int
    opened: int
    structure: Structure
    result: Undone = field(default_factory=Undone)
    series: int = 0
    place: int | None = None
    _begun: int = 0

    def chunks(self, kind: int, action: int, *, last_first: bool = False) -> Iterator[list[int]]:
        """Yield the ids of the entities that the change set touched in one way, in rising order.

        With `last_first` they fall: parents are created before what stands below them.
        """
        self._begun += 1
        if self._begun < self.series:
            return  # an earlier process has done with these
        statement, place = (_FALLING, _HIGHEST) if last_first else (_RISING, 0)
        if self._begun == self.series and self.place is not None:
            place = self.place
        wanted = {"target": self.target, "kind": kind, "action": action, "chunk": CHUNK}
        while ids := list(self.session.scalars(statement, {**wanted, "place": place})):
            place = ids[-1]
            self.series, self.place = self._begun, place
            yield ids


_HIGHEST = 2**63 - 1
_TOUCHED = (
    "SELECT entity_id FROM history WHERE change_set_id = :target AND kind = :kind"
    " AND action = :action AND entity_id {} :place ORDER BY entity_id {} LIMIT :chunk"
)
_RISING = text(_TOUCHED.format(">", "ASC"))
_FALLING = text(_TOUCHED.format("<", "DESC"))
