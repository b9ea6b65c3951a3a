"""The first tables: structure, people and runs, products and their history, imports, feeds."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine, UserDefinedType

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in DDL."""
        return "xid8"


BIG, INT, SMALL = sa.BigInteger(), sa.Integer(), sa.SmallInteger()
BOOL, UUID = sa.Boolean(), sa.Uuid()
TEXT, JSON, MOMENT = sa.Text(collation="C"), JSONB(), sa.DateTime(timezone=True)
#: JSON as it was written: the order of a document's members counts.
ORDERED = sa.JSON()
ENTITY_ID = sa.Sequence("entity_id")
#: Free space in each page and values kept in their row: updates stay in the page (HOT).
ROOM_TO_UPDATE = {"fillfactor": 45, "toast_tuple_target": 8160}
#: In the order of their creation.
TABLES = """
    structure_version locale currency measurement_family attribute_group attribute
    attribute_option category channel
    family family_attribute family_variant family_variant_attribute association_type
    group_type product_group
    app_user run
    product_model product unique_value
    change_set history change_log
    import_profile import_violation
    feed feed_version publication
""".split()  # noqa: SIM905 - one name a line would fill a page and say no more


def upgrade() -> None:
    """Create all tables."""
    _structure()
    _families()
    _people_and_runs()
    _products()
    _changes()
    _imports()
    _feeds()


def downgrade() -> None:
    """Drop all tables, the last one first."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(ENTITY_ID))


def key() -> sa.Column[Any]:
    """Return a primary key that counts up."""
    return sa.Column("id", BIG, sa.Identity(), primary_key=True)


def needed(name: str, kind: TypeEngine[Any], *, primary_key: bool = False) -> sa.Column[Any]:
    """Return a column that every row must fill."""
    return sa.Column(name, kind, nullable=False, primary_key=primary_key)


def maybe(name: str, kind: TypeEngine[Any]) -> sa.Column[Any]:
    """Return a column that may stay empty."""
    return sa.Column(name, kind, nullable=True)


def given(
    name: str, kind: TypeEngine[Any], default: str, *, primary_key: bool = False
) -> sa.Column[Any]:
    """Return a column that the server fills when nobody else does."""
    filled = sa.text(default)
    return sa.Column(name, kind, server_default=filled, nullable=False, primary_key=primary_key)


def link(
    name: str, target: str, *, ondelete: str | None = None, primary_key: bool = False
) -> sa.Column[Any]:
    """Return a column that names a row of another table."""
    foreign = sa.ForeignKey(target, ondelete=ondelete)
    return sa.Column(name, BIG, foreign, nullable=False, primary_key=primary_key)


def maybe_link(name: str, target: str) -> sa.Column[Any]:
    """Return a column that may name a row of another table."""
    return sa.Column(name, BIG, sa.ForeignKey(target), nullable=True)


def labels() -> sa.Column[Any]:
    """Return a column of texts by locale."""
    return given("labels", JSON, "'{}'::jsonb")


def position() -> sa.Column[Any]:
    """Return a column for an order that people choose."""
    return given("sort_order", BIG, "0")


def coded(table: str, *columns: sa.Column[Any]) -> None:
    """Create a table whose rows people know by a code."""
    op.create_table(table, key(), needed("code", TEXT), *columns)
    unique_code(table)


def unique_code(table: str, *, within: str | None = None) -> None:
    """Make codes unique without regard to case, in the whole table or within a column's value."""
    columns: list[Any] = [within, sa.text("lower(code)")] if within else [sa.text("lower(code)")]
    op.create_index(f"uq_{table}_code", table, columns, unique=True)


def _structure() -> None:
    """Create what describes the catalogue."""
    op.create_table(
        "structure_version",
        given("only", BOOL, "true", primary_key=True),
        given("version", BIG, "0"),
        sa.CheckConstraint('"only"', name="one_row"),
    )
    coded("locale")
    coded("currency", given("decimals", SMALL, "2"), given("active", BOOL, "false"))
    coded("measurement_family", labels(), needed("standard_unit", TEXT), needed("units", JSON))
    coded("attribute_group", labels(), position())
    coded(
        "attribute",
        needed("type", TEXT),
        link("group_id", "attribute_group.id"),
        labels(),
        given("is_unique", BOOL, "false"),
        given("localizable", BOOL, "false"),
        given("scopable", BOOL, "false"),
        given("available_locales", ARRAY(sa.Text), "'{}'::text[]"),
        position(),
        given("usable_in_grid", BOOL, "true"),
        given("properties", JSON, "'{}'::jsonb"),
    )
    op.create_index("ix_attribute_group_id", "attribute", ["group_id"])
    op.create_table(
        "attribute_option",
        key(),
        link("attribute_id", "attribute.id", ondelete="CASCADE"),
        needed("code", TEXT),
        labels(),
        position(),
    )
    unique_code("attribute_option", within="attribute_id")
    coded("category", maybe_link("parent_id", "category.id"), labels(), position())
    op.create_index("ix_category_parent_id", "category", ["parent_id"])
    coded(
        "channel",
        labels(),
        maybe_link("tree_id", "category.id"),
        given("locales", ARRAY(sa.Text), "'{}'::text[]"),
        given("currencies", ARRAY(sa.Text), "'{}'::text[]"),
        given("conversion_units", JSON, "'{}'::jsonb"),
    )


def _families() -> None:
    """Create families, how they vary, associations and groups."""
    coded(
        "family",
        labels(),
        maybe_link("attribute_as_label_id", "attribute.id"),
        maybe_link("attribute_as_image_id", "attribute.id"),
    )
    op.create_table(
        "family_attribute",
        link("family_id", "family.id", ondelete="CASCADE", primary_key=True),
        link("attribute_id", "attribute.id", primary_key=True),
        given("required_in", ARRAY(BIG), "'{}'::bigint[]"),
    )
    op.create_index("ix_family_attribute_attribute_id", "family_attribute", ["attribute_id"])
    coded("family_variant", link("family_id", "family.id"), labels(), needed("levels", SMALL))
    op.create_index("ix_family_variant_family_id", "family_variant", ["family_id"])
    op.create_table(
        "family_variant_attribute",
        link("family_variant_id", "family_variant.id", ondelete="CASCADE", primary_key=True),
        link("attribute_id", "attribute.id", primary_key=True),
        needed("level", SMALL),
        maybe("axis_position", SMALL),
        given("overridable", BOOL, "false"),
    )
    op.create_index(
        "ix_family_variant_attribute_attribute_id", "family_variant_attribute", ["attribute_id"]
    )
    coded(
        "association_type",
        labels(),
        given("two_way", BOOL, "false"),
        given("quantified", BOOL, "false"),
    )
    coded("group_type", labels())
    coded("product_group", link("type_id", "group_type.id"), labels())
    op.create_index("ix_product_group_type_id", "product_group", ["type_id"])


def _people_and_runs() -> None:
    """Create who signs in, and what long work reports."""
    op.create_table(
        "app_user",
        key(),
        needed("email", TEXT),
        given("name", TEXT, "''"),
        needed("password_hash", TEXT),
        needed("role", TEXT),
        given("active", BOOL, "true"),
        given("created", MOMENT, "now()"),
    )
    op.create_index("uq_app_user_email", "app_user", [sa.text("lower(email)")], unique=True)
    op.create_table(
        "run",
        key(),
        needed("kind", TEXT),
        given("label", TEXT, "''"),
        given("state", TEXT, "'queued'"),
        maybe_link("author_id", "app_user.id"),
        given("parameters", JSON, "'{}'::jsonb"),
        maybe("result", ORDERED),
        given("stage", TEXT, "''"),
        given("done", BIG, "0"),
        maybe("total", BIG),
        maybe("error", TEXT),
        given("cancel_requested", BOOL, "false"),
        given("created", MOMENT, "now()"),
        maybe("started", MOMENT),
        maybe("heartbeat", MOMENT),
        maybe("finished", MOMENT),
    )
    op.create_index("ix_run_created", "run", [sa.text("created DESC")])


def _products() -> None:
    """Create products and models; `entity_id` numbers both."""
    op.execute(sa.schema.CreateSequence(ENTITY_ID))
    op.create_table(
        "product_model",
        given("id", BIG, "nextval('entity_id')", primary_key=True),
        given("uuid", UUID, "gen_random_uuid()"),
        needed("code", TEXT),
        link("family_variant_id", "family_variant.id"),
        maybe_link("parent_id", "product_model.id"),
        given("categories", ARRAY(BIG), "'{}'::bigint[]"),
        given("associations", JSON, "'{}'::jsonb"),
        given("values", JSON, "'{}'::jsonb"),
        given("created", MOMENT, "now()"),
        given("updated", MOMENT, "now()"),
        given("version", INT, "1"),
        sa.UniqueConstraint("uuid"),
        postgresql_with=ROOM_TO_UPDATE,
    )
    op.create_index("ix_product_model_family_variant_id", "product_model", ["family_variant_id"])
    op.create_index("ix_product_model_parent_id", "product_model", ["parent_id"])
    unique_code("product_model")
    op.create_table(
        "product",
        given("id", BIG, "nextval('entity_id')", primary_key=True),
        given("uuid", UUID, "gen_random_uuid()"),
        maybe("identifier", TEXT),
        maybe_link("family_id", "family.id"),
        maybe_link("parent_id", "product_model.id"),
        given("enabled", BOOL, "true"),
        given("categories", ARRAY(BIG), "'{}'::bigint[]"),
        given("groups", ARRAY(BIG), "'{}'::bigint[]"),
        given("associations", JSON, "'{}'::jsonb"),
        given("values", JSON, "'{}'::jsonb"),
        given("created", MOMENT, "now()"),
        given("updated", MOMENT, "now()"),
        given("version", INT, "1"),
        sa.UniqueConstraint("uuid"),
        postgresql_with=ROOM_TO_UPDATE,
    )
    op.create_index("ix_product_family_id", "product", ["family_id"])
    op.create_index("ix_product_parent_id", "product", ["parent_id"])
    op.create_index("uq_product_identifier", "product", [sa.text("lower(identifier)")], unique=True)
    op.create_table(
        "unique_value",
        link("attribute_id", "attribute.id", primary_key=True),
        needed("value", TEXT, primary_key=True),
        needed("entity_id", BIG),
    )
    op.create_index("ix_unique_value_entity_id", "unique_value", ["entity_id"])


def _changes() -> None:
    """Create change sets, their history and the log that readers follow."""
    op.create_table(
        "change_set",
        key(),
        needed("kind", TEXT),
        given("label", TEXT, "''"),
        given("state", TEXT, "'running'"),
        maybe_link("author_id", "app_user.id"),
        maybe_link("run_id", "run.id"),
        maybe_link("undoes_id", "change_set.id"),
        maybe("conditions", JSON),
        maybe("operations", JSON),
        given("counts", JSON, "'{}'::jsonb"),
        given("created", MOMENT, "now()"),
        maybe("finished", MOMENT),
    )
    op.create_index("ix_change_set_created", "change_set", [sa.text("created DESC")])
    op.create_table(
        "history",
        needed("entity_id", BIG, primary_key=True),
        link("change_set_id", "change_set.id", primary_key=True),
        needed("kind", SMALL),
        needed("action", SMALL),
        maybe("before", JSON),
        maybe("after", JSON),
        maybe("source_file", TEXT),
        maybe("source_row", INT),
        given("at", MOMENT, "now()"),
    )
    op.create_index("ix_history_change_set_id", "history", ["change_set_id", "entity_id"])
    op.create_table(
        "change_log",
        key(),
        given("xid", Xid8(), "pg_current_xact_id()"),
        maybe_link("change_set_id", "change_set.id"),
        needed("subject", TEXT),
        given("ids", ARRAY(BIG), "'{}'::bigint[]"),
        given("attributes", ARRAY(sa.Text), "'{}'::text[]"),
        given("at", MOMENT, "now()"),
    )
    op.create_index("ix_change_log_change_set_id", "change_log", ["change_set_id"])
    op.create_index("ix_change_log_xid", "change_log", ["xid"])


def _imports() -> None:
    """Create import profiles and the violations of runs."""
    coded("import_profile", needed("document", ORDERED), given("updated", MOMENT, "now()"))
    op.create_table(
        "import_violation",
        key(),
        link("run_id", "run.id", ondelete="CASCADE"),
        needed("file", TEXT),
        needed("row", BIG),
        given("column_name", TEXT, "''"),
        maybe("value", TEXT),
        needed("code", TEXT),
        needed("severity", TEXT),
        needed("message", TEXT),
        given("mend", TEXT, "''"),
    )
    op.create_index("ix_import_violation_run_id", "import_violation", ["run_id"])


def _feeds() -> None:
    """Create feeds and their publications."""
    coded(
        "feed",
        given("label", TEXT, "''"),
        needed("document", ORDERED),
        given("version", INT, "1"),
        given("created", MOMENT, "now()"),
        given("updated", MOMENT, "now()"),
    )
    op.create_table(
        "feed_version",
        link("feed_id", "feed.id", ondelete="CASCADE", primary_key=True),
        needed("version", INT, primary_key=True),
        needed("document", ORDERED),
        maybe_link("author_id", "app_user.id"),
        given("at", MOMENT, "now()"),
    )
    op.create_table(
        "publication",
        key(),
        link("feed_id", "feed.id", ondelete="CASCADE"),
        needed("feed_version", INT),
        maybe_link("run_id", "run.id"),
        needed("kind", TEXT),
        needed("state", TEXT),
        needed("as_of", MOMENT),
        maybe("snapshot", TEXT),
        given("items", BIG, "0"),
        given("added", BIG, "0"),
        given("changed", BIG, "0"),
        given("removed", BIG, "0"),
        given("unchanged", BIG, "0"),
        given("errors", BIG, "0"),
        given("warnings", BIG, "0"),
        given("reasons", JSON, "'[]'::jsonb"),
        given("report", JSON, "'[]'::jsonb"),
        maybe("manifest", JSON),
        maybe("seconds", sa.Double()),
        given("at", MOMENT, "now()"),
    )
    op.create_index("ix_publication_feed_id", "publication", ["feed_id", sa.text("id DESC")])
