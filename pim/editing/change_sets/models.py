"""Tables of change sets that are planned: what people said and did, and what they left out."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pim.access.models import User
from pim.db.base import Base, BigId, Now
from pim.products.models import ChangeSet


class ChangeSetEvent(Base):
    """What somebody did to a change set, with what they said: never changed, never removed.

    `action` is one of `pim.domain.change_sets.TRANSITIONS`, "create", "cancel" or "comment";
    `state` is the one it led to.
    """

    __tablename__ = "change_set_event"
    __table_args__ = (Index("ix_change_set_event_change_set_id", "change_set_id", "id"),)

    id: Mapped[BigId]
    change_set_id: Mapped[int] = mapped_column(ForeignKey(ChangeSet.id, ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    action: Mapped[str]
    state: Mapped[str]
    comment: Mapped[str] = mapped_column(server_default=text("''"))
    at: Mapped[Now]


class Unticked(Base):
    """What a person took out of a preview: a whole row (`field` is empty), or one of its cells."""

    __tablename__ = "change_set_unticked"

    change_set_id: Mapped[int] = mapped_column(
        ForeignKey(ChangeSet.id, ondelete="CASCADE"), primary_key=True
    )
    entity_id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
