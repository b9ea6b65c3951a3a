"""Who is asking: the signed-in person, kept in a signed cookie."""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass

from flask import request, session
from sqlalchemy.orm import Session

from pim.access import service
from pim.access.models import User
from pim.access.roles import may

audit = logging.getLogger("pim.audit")

_KEPT = ("channel", "locale")


@dataclass(frozen=True, kw_only=True)
class Person:
    """The signed-in person as pages see them."""

    id: int
    email: str
    name: str
    role: str

    def may(self, action: str) -> bool:
        """Tell whether the person may do something."""
        return may(self.role, action)


def sign_in(user: User) -> None:
    """Begin a session for a person, under a new id: what an earlier cookie said is gone."""
    session.clear()
    session.permanent = True
    session["id"] = secrets.token_urlsafe(16)
    session["user"] = user.id
    session["stamp"] = service.stamp(user)
    note("signed in", user.email)


def sign_out() -> None:
    """End the session."""
    session.clear()


def current(database: Session) -> Person | None:
    """Return who is signed in; a deactivated person or an old password is nobody."""
    number = session.get("user")
    user = database.get(User, number) if isinstance(number, int) else None
    if user is None or not user.active:
        return None
    if not hmac.compare_digest(str(session.get("stamp")), service.stamp(user)):
        return None
    return Person(id=user.id, email=user.email, name=user.name or user.email, role=user.role)


def note(what: str, who: str) -> None:
    """Write a line to the audit log."""
    audit.info("%s: %s from %s", what, who, request.remote_addr)
