"""Tables of products, their history and the log that projections and feeds follow."""

from __future__ import annotations

import uuid as uuids
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pim.access.models import User
from pim.db.base import Base, BigId, Json, Now, Xid8
from pim.db.runs import Run
from pim.structure.models import Attribute, Family, FamilyVariant

#: Products and product models draw ids from one sequence, so history and logs need no second key.
entity_id = Sequence("entity_id", metadata=Base.metadata)

EMPTY_OBJECT = text("'{}'::jsonb")
EMPTY_IDS = text("'{}'::bigint[]")
#: What the bin is read by.
DELETED = text("action = 2")
DELETED_NAME = text("lower(coalesce(before ->> 'identifier', before ->> 'code'))")
DELETED_PARENT = text("CAST(before ->> 'parent_id' AS bigint)")
#: Few rows have links to others.
LINKING = text("associations <> '{}'::jsonb")

PRODUCT, MODEL = 0, 1


class ProductModel(Base):
    """A style or a colourway: common values of several variants.

    `associations` is {type: {"products" | "product_models" | "groups": {id: true or quantity}}}.
    """

    __tablename__ = "product_model"
    __table_args__ = (
        Index("uq_product_model_code", func.lower(text("code")), unique=True),
        Index("ix_product_model_linking", "id", postgresql_where=LINKING),
        {"postgresql_with": {"fillfactor": 45, "toast_tuple_target": 8160}},
    )

    id: Mapped[int] = mapped_column(
        BigInteger, entity_id, server_default=entity_id.next_value(), primary_key=True
    )
    uuid: Mapped[uuids.UUID] = mapped_column(
        Uuid, server_default=func.gen_random_uuid(), unique=True
    )
    code: Mapped[str]
    family_variant_id: Mapped[int] = mapped_column(ForeignKey(FamilyVariant.id), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("product_model.id"), index=True)
    categories: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=EMPTY_IDS)
    associations: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    values: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    created: Mapped[Now]
    updated: Mapped[Now]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))


class Product(Base):
    """A variant (with a parent) or a simple product; `values` holds its own level only."""

    __tablename__ = "product"
    __table_args__ = (
        Index("uq_product_identifier", func.lower(text("identifier")), unique=True),
        Index("ix_product_linking", "id", postgresql_where=LINKING),
        {"postgresql_with": {"fillfactor": 45, "toast_tuple_target": 8160}},
    )

    id: Mapped[int] = mapped_column(
        BigInteger, entity_id, server_default=entity_id.next_value(), primary_key=True
    )
    uuid: Mapped[uuids.UUID] = mapped_column(
        Uuid, server_default=func.gen_random_uuid(), unique=True
    )
    identifier: Mapped[str | None]
    family_id: Mapped[int | None] = mapped_column(ForeignKey(Family.id), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("product_model.id"), index=True)
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    categories: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=EMPTY_IDS)
    groups: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=EMPTY_IDS)
    associations: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    values: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    created: Mapped[Now]
    updated: Mapped[Now]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))


class UniqueValue(Base):
    """Values of unique attributes: the primary key is what makes them unique under concurrency."""

    __tablename__ = "unique_value"

    attribute_id: Mapped[int] = mapped_column(ForeignKey(Attribute.id), primary_key=True)
    value: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(index=True)


class ChangeSet(Base):
    """Who changed what, why and when: the unit of preview, undo and audit.

    `state` is one of `pim.domain.change_sets.STATES`. `undoes` names the change set reverted here.
    A `planned` one was a draft first: `preview` is the run that has shown it, `strict` leaves out
    what has moved on since, and with `selects` its conditions are the document of a selection.
    """

    __tablename__ = "change_set"
    __table_args__ = (Index("ix_change_set_created", text("created DESC")),)

    id: Mapped[BigId]
    kind: Mapped[str]
    label: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default=text("'running'"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"))
    conditions: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    operations: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    counts: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    planned: Mapped[bool] = mapped_column(server_default=text("false"))
    strict: Mapped[bool] = mapped_column(server_default=text("false"))
    selects: Mapped[bool] = mapped_column(server_default=text("false"))
    preview_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    created: Mapped[Now]
    finished: Mapped[datetime | None]


class History(Base):
    """What one change set did to one product or model.

    `before` and `after` are merge patches over the entity's document
    {identifier | code, family, family_variant, parent, enabled, categories, groups, associations,
    values}; categories and groups appear there as {id: true}. `action`: 0 update, 1 create,
    2 delete. A creation is a marker, its patches are null; a deletion keeps the row in `before`.
    `from_version` and `to_version` are the entity's versions before the first and after the last
    write that the row tells of: by them an older copy is compared (null in rows of older releases).
    """

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_change_set_id", "change_set_id", "entity_id"),
        Index("ix_history_deleted", "at", postgresql_where=DELETED),
        Index("ix_history_deleted_name", DELETED_NAME, postgresql_where=DELETED),
        Index("ix_history_deleted_parent", DELETED_PARENT, postgresql_where=DELETED),
    )

    entity_id: Mapped[int] = mapped_column(primary_key=True)
    change_set_id: Mapped[int] = mapped_column(ForeignKey("change_set.id"), primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger)
    action: Mapped[int] = mapped_column(SmallInteger)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    source_file: Mapped[str | None]
    source_row: Mapped[int | None] = mapped_column(Integer)
    from_version: Mapped[int | None] = mapped_column(Integer)
    to_version: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[Now]


class Horizon(Base):
    """How far back things reach, in the table's only row.

    `history_before`: older history was removed. `log_before`: a reader of the change log whose
    snapshot begins before this transaction must start anew, because rows were removed or the
    database was restored.
    """

    __tablename__ = "horizon"
    __table_args__ = (CheckConstraint('"only"', name="one_row"),)

    only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    history_before: Mapped[datetime | None]
    log_before: Mapped[int] = mapped_column(Xid8, server_default=text("'0'::xid8"))


class ChangeLog(Base):
    """What projections and feeds must follow: one row per chunk of a change set.

    `subject`: product, product_model, attribute, option, family, category, channel, group,
    measurement_family, association_type, feed; with "-unseen" behind it if no product publishes
    differently for it. `attributes` names what was touched ("*" for all).
    Readers keep a pg_snapshot and take the rows visible now that were not visible in it.
    """

    __tablename__ = "change_log"

    id: Mapped[BigId]
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"), index=True)
    change_set_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"), index=True)
    subject: Mapped[str]
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=EMPTY_IDS)
    attributes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    at: Mapped[Now]
