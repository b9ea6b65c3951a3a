"""What the bin is read by: deletions, and the few rows that link to others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LINKING = ("product", "product_model")


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("ix_history_deleted", "history", ["at"], postgresql_where=sa.text("action = 2"))
    for table in LINKING:
        op.create_index(
            f"ix_{table}_linking",
            table,
            ["id"],
            postgresql_where=sa.text("associations <> '{}'::jsonb"),
        )


def downgrade() -> None:
    """Drop them."""
    for table in LINKING:
        op.drop_index(f"ix_{table}_linking", table)
    op.drop_index("ix_history_deleted", "history")
