"""The table of runs: what people see of every long piece of work, whoever carries it out.

It lies this low because imports, edits, projections and publications all report to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pim.db.base import Base, BigId, Json, Now

#: queued -> running -> done | held | failed | cancelled; "done" may have rejected rows.
STATES = ("queued", "running", "done", "held", "failed", "cancelled")
KINDS = ("import", "export", "bulk", "undo", "project", "publish")


class Run(Base):
    """One piece of long work: progress in `done` of `total`, a result, or the error's text."""

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_created", text("created DESC")),)

    id: Mapped[BigId]
    kind: Mapped[str]
    label: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    parameters: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    stage: Mapped[str] = mapped_column(server_default=text("''"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int | None]
    error: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    created: Mapped[Now]
    started: Mapped[datetime | None]
    heartbeat: Mapped[datetime | None]
    finished: Mapped[datetime | None]
