"""Rules and their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text() -> sa.Text:
    return sa.Text(collation="C")


def _now(name: str) -> sa.Column[object]:
    moment = sa.DateTime(timezone=True)
    return sa.Column(name, moment, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("code", _text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        _now("created"),
        _now("updated"),
    )
    op.create_index("uq_rule_code", "rule", [sa.text("lower(code)")], unique=True)
    nothing = sa.text("'{}'::text[]")
    op.create_table(
        "rule_version",
        sa.Column("rule_id", sa.BigInteger(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("action", _text(), nullable=False),
        sa.Column("code", _text(), nullable=False),
        sa.Column("label", _text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("triggers", ARRAY(_text()), server_default=nothing, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("change_set_id", sa.BigInteger()),
        sa.Column("author_id", sa.BigInteger(), sa.ForeignKey("app_user.id")),
        _now("at"),
    )
    op.create_index("ix_rule_version_change_set_id", "rule_version", ["change_set_id"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("rule_version", "rule"):
        op.drop_table(name)
