"""Undo of a change set, cell by cell: what was edited since is kept and listed.

The undo is a change set itself, so it can be undone. It covers products and models; structure
that an import created stays. One that was interrupted is simply asked for again: what is back
already is left alone.
"""

from __future__ import annotations

from collections.abc import Callable

from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.errors import Refused
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.models import ChangeSet
from pim.products.reverting import existence
from pim.products.reverting.cells import restore_cells
from pim.products.reverting.undone import Undoing, Undone

__all__ = ["Undone", "undo"]

FINISHED = frozenset({"done", "failed", "cancelled"})
STEPS = (existence.bring_back, restore_cells, existence.take_away)


def undo(
    work: Work,
    change_set_id: int,
    structure: Structure,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Undone:
    """Restore every cell that still holds what the change set wrote; commit chunk by chunk.

    Raises Refused when the change set is not one that can be undone now.
    """
    target = find_change_set(work.session, change_set_id)
    if target.state not in FINISHED:
        raise Refused(
            f"Change set {change_set_id} is {target.state}: only a finished one is undone."
        )
    opened = open_change_set(
        work, kind="undo", label=f"Undo of {target.label or target.kind}", undoes_id=target.id
    )
    undoing = Undoing(work.session, target.id, opened.id, structure)
    for step in STEPS:
        for count in step(undoing):
            progress(count)
            work.commit()
    return _close(work, target, opened, undoing.result)


def _close(work: Work, target: ChangeSet, opened: ChangeSet, result: Undone) -> Undone:
    if result.restored or not result.kept:
        target.state = "undone"
        if target.undoes_id:
            find_change_set(work.session, target.undoes_id).state = "done"
    counts = {"restored": result.restored, "kept": result.kept}
    closed = close_change_set(work, opened, counts=counts)
    result.change_set = closed.id if closed and not work.dry_run else None
    work.commit()
    return result
