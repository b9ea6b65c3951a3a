"""Writes of products and models, set by set: data, history and change log in one transaction.

Creations arrive as frames of columns, updates as merge patches over the entity's document
{identifier | code, family, parent, enabled, categories, groups, associations, values}, where
families and parents are ids and sets of ids are {id: true}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db import change_log
from pim.db.copy import array_text, copy_in, copy_to_temporary
from pim.products.merges import merged_values
from pim.products.models import MODEL, PRODUCT
from pim.products.shapes import Shape

UPDATE, CREATE, DELETE = 0, 1, 2

SUBJECTS = {PRODUCT: "product", MODEL: "product_model"}
TABLES = {PRODUCT: "product", MODEL: "product_model"}


@dataclass(frozen=True)
class _Field:
    """How one key of a patch lands in a column."""

    column: str
    key: str
    merged: str


_BEFORE, _AFTER = "(t.before -> 'values')", "(t.after -> 'values')"
_PRODUCT_FIELDS = (
    _Field("identifier", "identifier", "t.after ->> 'identifier'"),
    _Field("family_id", "family", "(t.after ->> 'family')::bigint"),
    _Field("parent_id", "parent", "(t.after ->> 'parent')::bigint"),
    _Field("enabled", "enabled", "(t.after ->> 'enabled')::boolean"),
    _Field("categories", "categories", "pim_merge_members(e.categories, t.after -> 'categories')"),
    _Field("groups", "groups", "pim_merge_members(e.groups, t.after -> 'groups')"),
    _Field("associations", "associations", "pim_merge(e.associations, t.after -> 'associations')"),
    _Field("values", "values", merged_values("e.values", _BEFORE, _AFTER)),
)
_MODEL_FIELDS = (
    _Field("code", "code", "t.after ->> 'code'"),
    _Field("family_variant_id", "family_variant", "(t.after ->> 'family_variant')::bigint"),
    *(f for f in _PRODUCT_FIELDS if f.key in {"parent", "categories", "associations", "values"}),
)
FIELDS = {PRODUCT: _PRODUCT_FIELDS, MODEL: _MODEL_FIELDS}


def reserve_ids(session: Session, count: int) -> list[int]:
    """Draw ids for entities that are about to be created."""
    drawn = session.execute(
        text("SELECT nextval('entity_id') FROM generate_series(1, :count)"), {"count": count}
    )
    return sorted(drawn.scalars())


def create(session: Session, *, change_set_id: int, kind: int, frame: pl.DataFrame) -> None:
    """Insert entities with their history markers and one log row.

    `frame` has the table's columns that are not defaulted (`id` among them; `categories` and
    `groups` as lists, documents as JSON text) and `source_file`, `source_row`.
    """
    if frame.is_empty():
        return
    lists = [name for name in ("categories", "groups") if name in frame.columns]
    rows = frame.drop("source_file", "source_row").with_columns(
        array_text(pl.col(name)).alias(name) for name in lists
    )
    copy_in(session, TABLES[kind], rows)
    markers = frame.select(
        pl.col("id").alias("entity_id"),
        pl.lit(change_set_id).alias("change_set_id"),
        pl.lit(kind).alias("kind"),
        pl.lit(CREATE).alias("action"),
        "source_file",
        "source_row",
        pl.lit(0).alias("from_version"),
        pl.lit(1).alias("to_version"),
    )
    copy_in(session, "history", markers)
    append_log(session, change_set_id=change_set_id, kind=kind, ids=frame["id"].to_list())


def update(
    session: Session,
    *,
    change_set_id: int,
    kind: int,
    frame: pl.DataFrame,
    attributes: Sequence[str],
) -> None:
    """Apply merge patches; `frame` has id, before, after (JSON text), source_file, source_row."""
    if frame.is_empty():
        return
    columns = (
        ("id", "bigint"),
        ("before", "jsonb"),
        ("after", "jsonb"),
        ("source_file", "text"),
        ("source_row", "integer"),
    )
    copy_to_temporary(session, "patch", columns, frame)
    apply_patches(session, change_set_id=change_set_id, kind=kind, attributes=attributes)


def apply_patches(
    session: Session, *, change_set_id: int, kind: int, attributes: Sequence[str]
) -> int:
    """Apply the temporary table `patch` to entities; its columns are those of `update`'s frame."""
    _merge(session, kind)
    record = text(_RECORD.format(table=TABLES[kind]))
    session.execute(record, {"change_set": change_set_id, "kind": kind})
    return _log_patches(session, change_set_id=change_set_id, kind=kind, attributes=attributes)


#: Of shapes that fewer patches than one in so many have, no more are looked for.
COMMON = 10


def _merge(session: Session, kind: int) -> None:
    """Merge the patches into the rows: those of the commonest shapes at once, then the others."""
    remaining = int(session.scalar(_COUNT) or 0)
    shapes: list[Shape] = []
    while remaining and (shape := _next_shape(session, shapes)):
        merged = _update(
            session,
            kind,
            f'"values" = {shape.merged("e.values", "t.after")},',
            shape.matches("t.after"),
        )
        shapes.append(shape)
        rare = merged * COMMON < remaining
        remaining -= merged
        if rare:
            break
    if remaining:
        _update(session, kind, _settings(session, kind), _none_of(shapes))


def _next_shape(session: Session, known: Sequence[Shape]) -> Shape | None:
    query = f"SELECT after FROM patch t WHERE {_none_of(known)} ORDER BY id LIMIT 1"  # noqa: S608
    return Shape.of(session.scalar(text(query)) or {})


def _none_of(shapes: Sequence[Shape]) -> str:
    return " AND ".join(["true", *(f"NOT {shape.matches('t.after')}" for shape in shapes)])


def _settings(session: Session, kind: int) -> str:
    """Return how patches of any shape land in the columns that they name."""
    keys = set(session.execute(_KEYS).scalars())
    return "".join(
        f"\"{f.column}\" = CASE WHEN t.after ? '{f.key}' THEN {f.merged} ELSE e.{f.column} END, "
        for f in FIELDS[kind]
        if f.key in keys
    )


def _update(session: Session, kind: int, settings: str, which: str) -> int:
    statement = (
        f"WITH written AS (UPDATE {TABLES[kind]} AS e SET {settings}"  # noqa: S608
        " updated = now(), version = e.version + 1"
        f" FROM patch AS t WHERE e.id = t.id AND {which} RETURNING 1)"
        " SELECT count(*) FROM written"
    )
    return int(session.scalar(text(statement)) or 0)


_COUNT = text("SELECT count(*) FROM patch")
_KEYS = text("SELECT DISTINCT jsonb_object_keys(after) FROM patch")

# An entity may be written twice in one change set (values first, associations when all products
# are known): its row then tells the first "before" and the last "after"; a creation stays one and
# tells only how far its versions go. The time is that of the
# statement, not of the transaction: the entity is locked by now, so times follow the writes.
_RECORD = """
    INSERT INTO history
        (entity_id, change_set_id, kind, action, before, after, source_file, source_row,
        from_version, to_version, at)
    SELECT p.id, :change_set, :kind, 0, p.before, p.after, p.source_file, p.source_row,
        e.version - 1, e.version, clock_timestamp()
    FROM patch p JOIN {table} e ON e.id = p.id
    ON CONFLICT (entity_id, change_set_id) DO UPDATE SET
        before = CASE history.action WHEN 0
            THEN pim_overlay(excluded.before, history.before) END,
        after = CASE history.action WHEN 0 THEN pim_overlay(history.after, excluded.after) END,
        source_file = CASE history.action WHEN 0
            THEN coalesce(excluded.source_file, history.source_file)
            ELSE history.source_file END,
        source_row = CASE history.action WHEN 0
            THEN coalesce(excluded.source_row, history.source_row) ELSE history.source_row END,
        to_version = excluded.to_version
"""


def _log_patches(
    session: Session, *, change_set_id: int, kind: int, attributes: Sequence[str]
) -> int:
    """Tell projections and feeds of the patched entities; return how many these are."""
    logged = session.scalar(
        _LOG,
        {
            "change_set": change_set_id,
            "subject": SUBJECTS[kind],
            "attributes": sorted(attributes),
        },
    )
    return int(logged or 0)


_LOG = text(
    """
    INSERT INTO change_log (change_set_id, subject, ids, attributes)
    SELECT :change_set, :subject, array_agg(id ORDER BY id), CAST(:attributes AS text[]) FROM patch
    HAVING count(*) > 0
    RETURNING cardinality(ids)
    """
)


def delete(session: Session, *, change_set_id: int, kind: int, ids: Sequence[int]) -> None:
    """Delete entities; their history row keeps the whole row, so that undo can bring it back."""
    if not ids:
        return
    parameters = {"change_set": change_set_id, "kind": kind, "ids": list(ids)}
    for statement in (_KEEP, _FORGET_UNIQUE, _DELETE):
        session.execute(text(statement.format(table=TABLES[kind])), parameters)
    append_log(session, change_set_id=change_set_id, kind=kind, ids=ids)


_KEEP = """
    INSERT INTO history
        (entity_id, change_set_id, kind, action, before, from_version, to_version, at)
    SELECT e.id, :change_set, :kind, 2, to_jsonb(e), e.version, e.version, clock_timestamp()
    FROM {table} e
    WHERE e.id = ANY(:ids)
"""
_FORGET_UNIQUE = "DELETE FROM unique_value WHERE entity_id = ANY(:ids)"
_DELETE = "DELETE FROM {table} WHERE id = ANY(:ids)"


def append_log(
    session: Session,
    *,
    change_set_id: int,
    kind: int,
    ids: Sequence[int],
    attributes: Sequence[str] = ("*",),
) -> None:
    """Tell projections and feeds what changed: one row per chunk."""
    if ids:
        change_log.append(
            session,
            change_set_id=change_set_id,
            subject=SUBJECTS[kind],
            ids=ids,
            attributes=sorted(attributes),
        )
