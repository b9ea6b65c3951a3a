"""Keep import profiles: save, find, list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.errors import NotFound, Refused
from pim.staging.models import ImportProfile
from pim.staging.profiles.checks import faults
from pim.staging.profiles.document import read_profile
from pim.staging.profiles.profile import Profile
from pim.structure.queries import current


def save(work: Work, document: Mapping[str, Any]) -> Profile:
    """Create or replace the profile of the document's code.

    Raises Refused with every violation, each at its path in the document.
    """
    profile = read_profile(document)
    found = faults(profile, current(work.session))
    if found:
        reasons = " ".join(f"{each.path}: {each.text} {each.mend_text}" for each in found)
        raise Refused(f"The import profile {profile.code} cannot be used. {reasons}", found)
    row = _row(work.session, profile.code)
    if row is None:
        work.session.add(ImportProfile(code=profile.code, document=dict(document)))
    else:
        row.document = {**document, "code": row.code}
        row.updated = work.clock()
    work.session.flush()
    return profile


def find(session: Session, code: str) -> Profile:
    """Return a profile ready to translate one import; raises NotFound listing what there is."""
    row = _row(session, code)
    if row is None:
        known = ", ".join(session.scalars(select(ImportProfile.code).order_by(ImportProfile.code)))
        raise NotFound(f'There is no import profile "{code}"; there are: {known or "none"}.')
    return read_profile(row.document)


def list_all(session: Session) -> list[Profile]:
    """Return every profile by code."""
    rows = session.scalars(select(ImportProfile).order_by(func.lower(ImportProfile.code)))
    return [read_profile(row.document) for row in rows]


def _row(session: Session, code: str) -> ImportProfile | None:
    wanted = func.lower(ImportProfile.code) == code.lower()
    return session.scalars(select(ImportProfile).where(wanted)).one_or_none()
