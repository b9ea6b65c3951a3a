"""Tables of imports: saved profiles, and the violations of each run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from pim.db.base import Base, BigId, Now
from pim.db.runs import Run


class ImportProfile(Base):
    """How a foreign sheet becomes our rows; the document is CONTRACT 6."""

    __tablename__ = "import_profile"

    id: Mapped[BigId]
    code: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated: Mapped[Now]


class ImportViolation(Base):
    """One problem of one row of one file of an import run."""

    __tablename__ = "import_violation"

    id: Mapped[BigId]
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), index=True)
    file: Mapped[str]
    row: Mapped[int]
    column: Mapped[str] = mapped_column("column_name", server_default=text("''"))
    value: Mapped[str | None]
    code: Mapped[str]
    severity: Mapped[str]
    message: Mapped[str]
    mend: Mapped[str] = mapped_column(server_default=text("''"))


Index("uq_import_profile_code", func.lower(ImportProfile.code), unique=True)
