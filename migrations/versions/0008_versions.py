"""Which versions of an entity a row of history leads from and to; conflicts of imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text() -> sa.Text:
    return sa.Text(collation="C")


def upgrade() -> None:
    """Add the versions, which older rows of history lack, and the table of conflicts."""
    op.add_column("history", sa.Column("from_version", sa.Integer(), nullable=True))
    op.add_column("history", sa.Column("to_version", sa.Integer(), nullable=True))
    op.create_table(
        "import_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "run_id",
            sa.BigInteger(),
            sa.ForeignKey("run.id", ondelete="CASCADE"),
            index=True,
            nullable=False,
        ),
        sa.Column("file", _text(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("identifier", _text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", _text(), nullable=False),
        sa.Column("base", _text(), nullable=True),
        sa.Column("theirs", _text(), nullable=True),
        sa.Column("ours", _text(), nullable=True),
    )


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("import_conflict")
    op.drop_column("history", "to_version")
    op.drop_column("history", "from_version")
