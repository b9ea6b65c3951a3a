"""People: create them, know them again, change their passwords."""

from __future__ import annotations

import hashlib
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.access.roles import ROLES
from pim.access.throttle import Throttle
from pim.db.unit_of_work import Work
from pim.domain.violations import Violation
from pim.errors import Conflict, NotFound, NotPermitted, Refused

#: Length is what makes a password strong (OWASP ASVS 5.0, 6.2); argon2 takes any length.
SHORTEST, LONGEST = 10, 200

_hasher = PasswordHasher()


def create_user(work: Work, *, email: str, password: str, role: str, name: str = "") -> User:
    """Create a person who may sign in; raise Refused with everything that is wrong."""
    address = email.strip()
    wrong = [*_email_faults(address), *_password_faults(password), *_role_faults(role)]
    if wrong:
        raise Refused(f'The user "{address}" cannot be created.', wrong)
    if find_user(work.session, address) is not None:
        raise Conflict(f'There is a user "{address}" already.')
    user = User(email=address, name=name.strip(), role=role, password_hash=_hasher.hash(password))
    work.session.add(user)
    work.session.flush()
    return user


def find_user(session: Session, email: str) -> User | None:
    """Return a person by e-mail address, without regard to case."""
    return session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def find_active(session: Session, email: str) -> User:
    """Return an active person by e-mail address; raises NotFound."""
    user = find_user(session, email)
    if user is None or not user.active:
        raise NotFound(f'There is no active user "{email.strip()}".')
    return user


def authenticate(
    work: Work, *, email: str, password: str, address: str, throttle: Throttle
) -> User:
    """Return the active person with this e-mail and password.

    Raises NotPermitted with one and the same words for every wrong pair, and while `throttle`
    asks this address and e-mail to wait.
    """
    key = f"{address} {email.strip().lower()}"
    if (seconds := throttle.wait(key)) > 0:
        minutes = max(1, round(seconds / 60))
        raise NotPermitted(f"Too many failed attempts. Try again in {minutes} minutes.")
    user = find_user(work.session, email)
    if not _matches(user, password) or user is None or not user.active:
        throttle.failed(key)
        raise NotPermitted("This e-mail address and password do not belong together.")
    throttle.forget(key)
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
    return user


def change_password(work: Work, *, user_id: int, old: str, new: str) -> User:
    """Give a person a new password; every other session of theirs ends."""
    user = work.session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    if not _matches(user, old):
        raise Refused("The present password is not right, so nothing was changed.")
    if wrong := _password_faults(new):
        raise Refused("The new password cannot be used.", wrong)
    user.password_hash = _hasher.hash(new)
    work.session.flush()
    return user


def stamp(user: User) -> str:
    """Return a text that changes with the password: sessions that carry another have ended."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def _matches(user: User | None, password: str) -> bool:
    """Compare in the same time whether or not there is such a person."""
    known = user.password_hash if user else _nobody()
    try:
        return _hasher.verify(known, password) and user is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _email_faults(email: str) -> list[Violation]:
    name, at, host = email.rpartition("@")
    if name and at and "." in host.strip(".") and not any(c.isspace() for c in email):
        return []
    return [_fault("email", '"{value}" is not an e-mail address.', email, "Write name@host.")]


def _password_faults(password: str) -> list[Violation]:
    if SHORTEST <= len(password) <= LONGEST:
        return []
    message = f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}."
    return [_fault("password", message, None, "Several words in a row are easy to remember.")]


def _role_faults(role: str) -> list[Violation]:
    if role in ROLES:
        return []
    mend = f"Choose one of: {', '.join(ROLES)}."
    return [_fault("role", 'There is no role "{value}".', role, mend)]


def _fault(path: str, message: str, value: str | None, mend: str) -> Violation:
    return Violation(
        code=f"user.{path}",
        path=path,
        message=message,
        parameters={"value": value},
        value=value,
        mend=mend,
    )
