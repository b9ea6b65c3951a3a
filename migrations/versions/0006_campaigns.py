"""Campaigns, their versions, frozen products and sheets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


def _text() -> sa.Text:
    return sa.Text(collation="C")


def _now(name: str) -> sa.Column[object]:
    moment = sa.DateTime(timezone=True)
    return sa.Column(name, moment, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("code", _text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _now("created"),
        _now("updated"),
    )
    op.create_index("uq_campaign_code", "campaign", [sa.text("lower(code)")], unique=True)
    op.create_table(
        "campaign_members",
        sa.Column("digest", _text(), primary_key=True),
        sa.Column("ids", ARRAY(sa.BigInteger()), nullable=False),
    )
    _sheets()
    _versions()


def _sheets() -> None:
    op.create_table(
        "campaign_sheet",
        sa.Column("digest", _text(), primary_key=True),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        _now("created"),
    )
    op.create_table(
        "campaign_sheet_column",
        sa.Column(
            "digest",
            _text(),
            sa.ForeignKey(
                "campaign_sheet.digest",
                name="fk_campaign_sheet_column_digest",
                ondelete="CASCADE",
            ),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("attribute", _text(), nullable=False),
        sa.Column("scope", _text(), nullable=False),
        sa.Column("locale", _text(), nullable=False),
        sa.Column("ids", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("data", ARRAY(_text()), nullable=False),
    )


def _versions() -> None:
    moment = sa.DateTime(timezone=True)
    nothing = sa.text("'{}'::text[]")
    op.create_table(
        "campaign_version",
        sa.Column("campaign_id", sa.BigInteger(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("action", _text(), nullable=False),
        sa.Column("code", _text(), nullable=False),
        sa.Column("label", _text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("stopped_at", moment),
        sa.Column("channels", ARRAY(_text()), server_default=nothing, nullable=False),
        sa.Column("locales", ARRAY(_text()), server_default=nothing, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("members", _text(), sa.ForeignKey("campaign_members.digest")),
        sa.Column("change_set_id", sa.BigInteger()),
        sa.Column("author_id", sa.BigInteger(), sa.ForeignKey("app_user.id")),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        _now("at"),
    )
    op.create_index("ix_campaign_version_change_set_id", "campaign_version", ["change_set_id"])
    op.create_index("ix_campaign_version_xid", "campaign_version", ["xid"])


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "campaign_version",
        "campaign_sheet_column",
        "campaign_sheet",
        "campaign_members",
        "campaign",
    ):
        op.drop_table(name)
