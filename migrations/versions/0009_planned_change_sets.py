"""Change sets that are planned: previews, approval, what people said, and what they left out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
FLAGS = ("planned", "strict", "selects")


def upgrade() -> None:
    """Add the plan to change sets, and the tables of events, of cells left out, and of limits."""
    for flag in FLAGS:
        column: sa.Column[bool] = sa.Column(
            flag, sa.Boolean(), server_default=sa.text("false"), nullable=False
        )
        op.add_column("change_set", column)
    op.add_column("change_set", sa.Column("preview_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_change_set_preview_id", "change_set", "run", ["preview_id"], ["id"])
    op.create_table(
        "change_set_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("change_set_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("comment", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_set.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"]),
    )
    op.create_index(
        "ix_change_set_event_change_set_id", "change_set_event", ["change_set_id", "id"]
    )
    op.create_table(
        "change_set_unticked",
        sa.Column("change_set_id", sa.BigInteger(), primary_key=True),
        sa.Column("entity_id", sa.BigInteger(), primary_key=True),
        sa.Column("field", TEXT, server_default=sa.text("''"), primary_key=True),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_set.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "role_limit",
        sa.Column("role", TEXT, primary_key=True),
        sa.Column("approval_above", sa.BigInteger(), nullable=True),
    )


def downgrade() -> None:
    """Drop them; what was planned and never run goes, too."""
    for table in ("role_limit", "change_set_unticked", "change_set_event"):
        op.drop_table(table)
    op.execute("DELETE FROM change_set WHERE planned AND run_id IS NULL")
    op.drop_constraint("fk_change_set_preview_id", "change_set", type_="foreignkey")
    for column in ("preview_id", *FLAGS):
        op.drop_column("change_set", column)
