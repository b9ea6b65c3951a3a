"""What each role may do without asking: settings of roles, which administrators change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.access.models import RoleLimit
from pim.access.roles import ROLES
from pim.db.unit_of_work import Work
from pim.errors import NotFound, Refused


def approval_above(session: Session, role: str) -> int | None:
    """Return over how many products a role's bulk edits need approval; None for never."""
    found = session.get(RoleLimit, role)
    return found.approval_above if found else None


def set_approval_above(work: Work, role: str, products: int | None) -> None:
    """Say over how many products a role's bulk edits need approval; None for never."""
    if role not in ROLES:
        raise NotFound(f'There is no role "{role}". Choose one of: {", ".join(ROLES)}.')
    if products is not None and products < 0:
        raise Refused(f"{products} is no number of products; 0 asks for approval of every edit.")
    found = work.session.get(RoleLimit, role)
    if found is None:
        found = RoleLimit(role=role)
        work.session.add(found)
    found.approval_above = products
    work.session.flush()
