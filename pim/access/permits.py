"""Whether who acts may do what they ask for; what is not allowed is refused."""

from __future__ import annotations

from pim.access.models import User
from pim.access.roles import ACTIONS, ROLES, may
from pim.db.unit_of_work import Work
from pim.errors import NotPermitted


def require(work: Work, action: str) -> None:
    """Raise NotPermitted unless the actor may do this; the system (no actor) may do anything.

    Somebody who is unknown or no longer active may do nothing.
    """
    if work.actor is None:
        return
    user = work.session.get(User, work.actor)
    if user is not None and user.active and may(user.role, action):
        return
    able = ", ".join(role.label for role in ROLES.values() if may(role.code, action)) or "nobody"
    raise NotPermitted(
        f"You may not {ACTIONS.get(action, action)}, so nothing was changed. "
        f"These roles may: {able}."
    )
