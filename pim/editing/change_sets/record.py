"""Move change sets from state to state, and keep who did it, when, and what they said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.db.unit_of_work import Work
from pim.domain import change_sets as life
from pim.editing.change_sets.models import ChangeSetEvent
from pim.errors import NotFound, Refused
from pim.products.models import ChangeSet

COMMENT = "comment"
CREATE = "create"
#: Somebody asks a running one to stop; the run does so after its chunk.
CANCEL = "cancel"


def planned(session: Session, number: int) -> ChangeSet:
    """Return a change set that was planned, held to the commit; raises NotFound or Refused.

    Held, so that of two people who act at once the second sees what the first has done.
    """
    found = session.scalar(
        select(ChangeSet).where(ChangeSet.id == number).with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )
    if found is None:
        raise NotFound(f"There is no change set {number}.")
    if not found.planned:
        raise Refused(
            f"Change set {number} ({found.kind}) was carried out at once: it has no draft and no"
            f" preview. pim undo {number} takes it back."
        )
    return found


def require(change_set: ChangeSet, action: str) -> None:
    """Refuse what the change set's state does not allow, with the reason."""
    if not life.may(change_set.state, action):
        raise Refused(life.reason(change_set.id, change_set.state, action))


def record(work: Work, change_set: ChangeSet, action: str, comment: str = "") -> None:
    """Carry out the transition of an action and record it; Refused where it is not possible."""
    if action not in (COMMENT, CREATE, CANCEL):
        require(change_set, action)
        change_set.state = life.TRANSITIONS[action].target
    work.session.add(
        ChangeSetEvent(
            change_set_id=change_set.id,
            author_id=work.actor,
            action=action,
            state=change_set.state,
            comment=comment.strip(),
            at=work.clock(),
        )
    )
    work.session.flush()


def events(session: Session, number: int) -> list[dict[str, Any]]:
    """Return what happened to a change set, the oldest first; `by` is an e-mail."""
    rows: Sequence[Any] = session.execute(
        select(ChangeSetEvent, User.email)
        .outerjoin(User, User.id == ChangeSetEvent.author_id)
        .where(ChangeSetEvent.change_set_id == number)
        .order_by(ChangeSetEvent.id)
    ).all()
    return [
        {
            "at": event.at.isoformat(),
            "by": email,
            "action": event.action,
            "state": event.state,
            "comment": event.comment,
        }
        for event, email in rows
    ]


def involved(session: Session, change_set: ChangeSet) -> set[int | None]:
    """Return who has made a change set what it is: its author, and whoever edited or submitted."""
    acted = select(ChangeSetEvent.author_id).where(
        ChangeSetEvent.change_set_id == change_set.id,
        ChangeSetEvent.action.in_((CREATE, "edit", "choose", "submit")),
    )
    return {change_set.author_id, *session.scalars(acted)}
