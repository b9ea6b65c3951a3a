"""Tables of imports: saved profiles, and the violations and conflicts of each run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, SmallInteger, func, text
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


class ImportConflict(Base):
    """A cell that a sheet and somebody else changed differently; nothing of the sheet's is written.

    `base` is what the sheet's export showed, `theirs` what stands there now, `ours` what the sheet
    says: JSON texts, null where nothing stands.
    `version` is the entity's at that moment.
    """

    __tablename__ = "import_conflict"

    id: Mapped[BigId]
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), index=True)
    file: Mapped[str]
    row: Mapped[int]
    kind: Mapped[int] = mapped_column(SmallInteger)
    entity_id: Mapped[int]
    identifier: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    field: Mapped[str]
    base: Mapped[str | None]
    theirs: Mapped[str | None]
    ours: Mapped[str | None]


Index("uq_import_profile_code", func.lower(ImportProfile.code), unique=True)
