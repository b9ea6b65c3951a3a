"""What the bin is read by: deletions, and the few rows that link to others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LINKING = ("product", "product_model")
NAME = "lower(coalesce(before ->> 'identifier', before ->> 'code'))"
PARENT = "CAST(before ->> 'parent_id' AS bigint)"


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("ix_history_deleted", "history", ["at"], postgresql_where=sa.text("action = 2"))
    for name, key in (("name", NAME), ("parent", PARENT)):
        op.create_index(
            f"ix_history_deleted_{name}",
            "history",
            [sa.text(key)],
            postgresql_where=sa.text("action = 2"),
        )
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
    for name in ("_parent", "_name", ""):
        op.drop_index(f"ix_history_deleted{name}", "history")
