"""Tables of feeds and their publications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pim.access.models import User
from pim.db.base import Base, BigId, Now
from pim.db.runs import Run


class Feed(Base):
    """One output, by its document, whose order of targets counts: JSON, not JSONB, keeps it."""

    __tablename__ = "feed"

    id: Mapped[BigId]
    code: Mapped[str]
    label: Mapped[str] = mapped_column(server_default=text("''"))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created: Mapped[Now]
    updated: Mapped[Now]


class FeedVersion(Base):
    """A feed's document as it was."""

    __tablename__ = "feed_version"

    feed_id: Mapped[int] = mapped_column(ForeignKey(Feed.id, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    at: Mapped[Now]


class Publication(Base):
    """One run of a feed. `state`: running, published, held, failed, replaced (by a roll-back).

    `report` is the quality report: [{rule, target, severity, count, examples: [...]}].
    """

    __tablename__ = "publication"
    __table_args__ = (Index("ix_publication_feed_id", "feed_id", text("id DESC")),)

    id: Mapped[BigId]
    feed_id: Mapped[int] = mapped_column(ForeignKey(Feed.id, ondelete="CASCADE"))
    feed_version: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    kind: Mapped[str]
    state: Mapped[str]
    as_of: Mapped[datetime]
    snapshot: Mapped[str | None]
    items: Mapped[int] = mapped_column(server_default=text("0"))
    added: Mapped[int] = mapped_column(server_default=text("0"))
    changed: Mapped[int] = mapped_column(server_default=text("0"))
    removed: Mapped[int] = mapped_column(server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(server_default=text("0"))
    errors: Mapped[int] = mapped_column(server_default=text("0"))
    warnings: Mapped[int] = mapped_column(server_default=text("0"))
    reasons: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    report: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    manifest: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    seconds: Mapped[float | None]
    at: Mapped[Now]


Index("uq_feed_code", func.lower(Feed.code), unique=True)
