"""How far back history and the change log reach; vacuum of the tables that work wears out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    """Create the table with its only row."""
    op.create_table(
        "horizon",
        sa.Column(
            "only", sa.Boolean(), server_default=sa.text("true"), primary_key=True, nullable=False
        ),
        sa.Column("history_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_before", Xid8(), server_default=sa.text("'0'::xid8"), nullable=False),
        sa.CheckConstraint('"only"', name="one_row"),
    )
    op.execute("INSERT INTO horizon DEFAULT VALUES")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("horizon")
