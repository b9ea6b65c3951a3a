"""Tables of people."""

from __future__ import annotations

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from pim.db.base import Base, BigId, Now


class User(Base):
    """A person who signs in; `role` is one of `pim.access.roles`."""

    __tablename__ = "app_user"

    id: Mapped[BigId]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default=text("''"))
    password_hash: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created: Mapped[Now]


class RoleLimit(Base):
    """What a role may do without asking: bulk edits over so many products need approval."""

    __tablename__ = "role_limit"

    role: Mapped[str] = mapped_column(primary_key=True)
    approval_above: Mapped[int | None]


Index("uq_app_user_email", func.lower(User.email), unique=True)
