"""Tables of rules. Versions are written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pim.access.models import User
from pim.db.base import Base, BigId, Now


class Rule(Base):
    """A rule that exists; what it is at present stands in its version of this number.

    `begun_at` is when its schedule has last begun it.
    """

    __tablename__ = "rule"

    id: Mapped[BigId]
    code: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    begun_at: Mapped[datetime | None]
    created: Mapped[Now]
    updated: Mapped[Now]


class RuleVersion(Base):
    """A rule as it is or was; outlives the rule. `action`: created, updated or deleted.

    The change set is named without a foreign key: its table belongs to a room above this one.
    """

    __tablename__ = "rule_version"

    rule_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str]
    code: Mapped[str]
    label: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(Integer)
    triggers: Mapped[list[str]] = mapped_column(
        ARRAY(Text(collation="C")), server_default=text("'{}'::text[]")
    )
    enabled: Mapped[bool]
    read_only: Mapped[bool]
    change_set_id: Mapped[int | None] = mapped_column(index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    at: Mapped[Now]


Index("uq_rule_code", func.lower(Rule.code), unique=True)
