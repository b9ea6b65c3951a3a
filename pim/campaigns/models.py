"""Tables of campaigns. Versions, members and sheets are written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pim.access.models import User
from pim.db.base import Base, BigId, Now, Xid8

EMPTY_TEXTS = text("'{}'::text[]")

#: What made a version; "deleted" is the last one of a campaign that is no more.
ACTIONS = ("created", "updated", "stopped", "restored", "deleted")


class Campaign(Base):
    """A campaign that exists; what it is at present stands in its version of this number."""

    __tablename__ = "campaign"

    id: Mapped[BigId]
    code: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created: Mapped[Now]
    updated: Mapped[Now]


class CampaignMembers(Base):
    """Products that campaigns have frozen, under the digest of their sorted ids."""

    __tablename__ = "campaign_members"

    digest: Mapped[str] = mapped_column(primary_key=True)
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class CampaignSheet(Base):
    """Cells given one by one, under the digest of its columns."""

    __tablename__ = "campaign_sheet"

    digest: Mapped[str] = mapped_column(primary_key=True)
    products: Mapped[int] = mapped_column(Integer)
    cells: Mapped[int] = mapped_column(Integer)
    created: Mapped[Now]


class CampaignSheetColumn(Base):
    """One cell's address in a sheet: products, and their data as JSON texts in the same order."""

    __tablename__ = "campaign_sheet_column"

    digest: Mapped[str] = mapped_column(
        ForeignKey(CampaignSheet.digest, ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    attribute: Mapped[str]
    scope: Mapped[str]
    locale: Mapped[str]
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    data: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))


class CampaignVersion(Base):
    """A campaign as it is or was; outlives the campaign, so that readers can catch up.

    `ends_at` is the end that holds: of a campaign that was stopped, the moment of that. The change
    set is named without a foreign key: its table belongs to a room above this one.
    """

    __tablename__ = "campaign_version"

    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str]
    code: Mapped[str]
    label: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    channels: Mapped[list[str]] = mapped_column(
        ARRAY(Text(collation="C")), server_default=EMPTY_TEXTS
    )
    locales: Mapped[list[str]] = mapped_column(
        ARRAY(Text(collation="C")), server_default=EMPTY_TEXTS
    )
    priority: Mapped[int] = mapped_column(Integer)
    members: Mapped[str | None] = mapped_column(ForeignKey(CampaignMembers.digest))
    change_set_id: Mapped[int | None] = mapped_column(index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"), index=True)
    at: Mapped[Now]


Index("uq_campaign_code", func.lower(Campaign.code), unique=True)
