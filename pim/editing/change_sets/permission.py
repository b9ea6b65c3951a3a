"""Who may do what to change sets, and which need a second person's approval."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.access.limits import approval_above
from pim.access.models import User
from pim.access.roles import ACTIONS, may
from pim.db.unit_of_work import Work
from pim.editing.change_sets.record import involved
from pim.errors import NotPermitted
from pim.products.models import ChangeSet


def require_permission(work: Work, action: str) -> None:
    """Raise NotPermitted if the actor's role lacks an action; the system may do everything."""
    if work.actor is None:
        return
    user = work.session.get(User, work.actor)
    if user is None or not user.active or not may(user.role, action):
        role = user.role if user else "none"
        raise NotPermitted(f"Your role, {role}, does not allow you to {ACTIONS[action]}.")


def require_second_person(work: Work, change_set: ChangeSet) -> None:
    """Raise NotPermitted unless the actor may approve, and has no part in the change set."""
    if work.actor is None:
        raise NotPermitted(
            "Somebody has to answer for an approval: say who approves (--user E-MAIL)."
        )
    require_permission(work, "products.approve")
    if work.actor in involved(work.session, change_set):
        raise NotPermitted(
            f"Change set {change_set.id} is your own work: a second person has to look at it. Ask"
            " somebody whose role may approve."
        )


def needs_approval(session: Session, change_set: ChangeSet, reached: int) -> str | None:
    """Return why a change set that reaches so many products needs approval, None if it does not.

    What counts is the role of its author; the system's own need none.
    """
    author = session.get(User, change_set.author_id) if change_set.author_id else None
    limit = approval_above(session, author.role) if author else None
    if author is None or limit is None or reached <= limit:
        return None
    return (
        f"It reaches {reached:,} products, and bulk edits of the role {author.role} over {limit:,}"
        " need the approval of a second person."
    )
