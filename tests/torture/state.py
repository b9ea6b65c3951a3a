"""What a home holds, as hashes in which no drawn id, time or number of a try appears."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from sqlalchemy import Connection, text

from channels.publication.files import CURRENT, DELTA, MANIFEST
from channels.publication.ledger import LEDGER
from pim.errors import NotFound
from pim.products.models import MODEL, PRODUCT
from pim.projection import Projection, manifest, segments
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS
from pim.structure.flat import ENTITIES, export_rows
from tests.torture.place import Place

State = dict[str, str]

#: How many rows a projection shows, beside the hashes of its columns.
ROWS = "how many"

#: Ids as names: of products and models, families and variants, categories and groups.
_NAMES = (
    """
    CREATE TEMP TABLE named AS
    SELECT id, coalesce(identifier, uuid::text) AS name FROM product
    UNION ALL SELECT id, code FROM product_model
    """,
    "CREATE INDEX ON named (id)",
    "ANALYZE named",
    """
    CREATE OR REPLACE FUNCTION pg_temp.linked(doc jsonb) RETURNS text LANGUAGE sql AS $$
        SELECT string_agg(concat_ws('/', t.key, k.key, coalesce(n.name, g.code), o.value), ','
            ORDER BY t.key, k.key, coalesce(n.name, g.code))
        FROM jsonb_each(doc) t CROSS JOIN jsonb_each(t.value) k CROSS JOIN jsonb_each(k.value) o
        LEFT JOIN named n ON n.id = o.key::bigint AND k.key <> 'groups'
        LEFT JOIN product_group g ON g.id = o.key::bigint AND k.key = 'groups'
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.filed(ids bigint[]) RETURNS text LANGUAGE sql AS $$
        SELECT string_agg(c.code, ',' ORDER BY c.code) FROM category c WHERE c.id = ANY(ids)
    $$
    """,
)
_ENTITIES = {
    PRODUCT: """
        SELECT coalesce(e.identifier, e.uuid::text) AS name, e.enabled, f.code AS family,
            p.code AS parent, pg_temp.filed(e.categories) AS categories,
            cardinality(e.groups) AS groups, pg_temp.linked(e.associations) AS associations,
            md5(e.values::text) AS values
        FROM product e LEFT JOIN family f ON f.id = e.family_id
        LEFT JOIN product_model p ON p.id = e.parent_id
    """,
    MODEL: """
        SELECT e.code AS name, v.code AS family, p.code AS parent,
            pg_temp.filed(e.categories) AS categories,
            pg_temp.linked(e.associations) AS associations, md5(e.values::text) AS values
        FROM product_model e LEFT JOIN family_variant v ON v.id = e.family_variant_id
        LEFT JOIN product_model p ON p.id = e.parent_id
    """,
}
# A change set is known by its place among those that wrote something.
_HISTORY = """
    SELECT dense_rank() OVER (ORDER BY h.change_set_id) AS change_set, n.name, h.kind, h.action,
        md5((h.before -> 'values')::text) AS before, md5((h.after -> 'values')::text) AS after,
        md5(array(SELECT jsonb_object_keys(h.after) ORDER BY 1)::text) AS touched,
        h.source_file, h.source_row
    FROM history h LEFT JOIN named n ON n.id = h.entity_id
"""
_CHANGE_SETS = """
    SELECT dense_rank() OVER (ORDER BY id) AS number, kind, label, state, counts::text
    FROM change_set
"""
_LOG = """
    SELECT dense_rank() OVER (ORDER BY l.change_set_id) AS change_set, l.subject,
        l.attributes::text AS attributes, count(DISTINCT i) AS ids
    FROM change_log l, unnest(l.ids) AS i GROUP BY l.change_set_id, l.subject, l.attributes
"""
_VIOLATIONS = 'SELECT file, "row", column_name, code FROM import_violation'
_UNIQUE = """
    SELECT a.code, u.value, n.name FROM unique_value u JOIN attribute a ON a.id = u.attribute_id
    LEFT JOIN named n ON n.id = u.entity_id
"""


def catalogue_state(connection: Connection) -> State:
    """Return the hashes of structure, products, models, history, change log and violations."""
    for statement in _NAMES:
        connection.execute(text(statement))
    queries = {
        "products": _ENTITIES[PRODUCT],
        "models": _ENTITIES[MODEL],
        "history": _HISTORY,
        "change sets": _CHANGE_SETS,
        "change log": _LOG,
        "violations": _VIOLATIONS,
        "unique values": _UNIQUE,
    }
    state = {name: _hash_of(connection, query) for name, query in queries.items()}
    return {**state, "structure": _structure(connection)}


def _hash_of(connection: Connection, query: str) -> str:
    """Return count and hash of a query's rows, whatever their order."""
    statement = f"""
        SELECT count(*) || ' rows ' || coalesce(md5(string_agg(row, '|' ORDER BY row)), '')
        FROM (SELECT md5(q::text) COLLATE "C" AS row FROM ({query}) q) rows
    """
    return str(connection.scalar(text(statement)))


def _structure(connection: Connection) -> str:
    digest = hashlib.sha256()
    products = {"products", "product_models"}
    for entity in sorted({each.code for each in ENTITIES} - products):
        header, rows = export_rows(connection, entity)
        digest.update(orjson.dumps([entity, header, sorted(rows)]))
    return digest.hexdigest()[:16]


def feed_state(feeds: Path) -> State:
    """Return the files of each feed's pointers as their manifests name them, and its ledger."""
    state: State = {}
    for feed in sorted(feeds.iterdir()) if feeds.exists() else ():
        for pointer in (CURRENT, DELTA):
            folder = feed / pointer
            if (folder / MANIFEST).exists():
                state[f"{feed.name} {pointer}"] = _publication(folder)
    return state


def _publication(folder: Path) -> str:
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    for name, told in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told["sha256"], folder / name
    names = ("items", "added", "changed", "removed", "unchanged", "errors", "warnings")
    document = {name: manifest[name] for name in names}
    files = {name: told["sha256"] for name, told in sorted(manifest["files"].items())}
    return _digest({**document, "files": files, "ledger": _ledger(folder / LEDGER)})


def _ledger(path: Path) -> str:
    frame = pl.read_parquet(path).drop("product").sort("item")
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def projection_state(projection: Projection, *, without: Collection[str] = ()) -> str:
    """Return the hash of every column of every row that the projection shows."""
    columns = projection_columns(projection, without=without)
    return f"{columns[ROWS]} rows {_digest(columns)}"


def projection_columns(projection: Projection, *, without: Collection[str] = ()) -> State:
    """Return the hash of each column over all rows that the projection shows, and how many."""
    with projection.read() as reading:
        levels = (*PRODUCT_LEVELS, *MODEL_LEVELS)
        ids = reading.frame(["id"], levels=levels)["id"].sort()
        state = {ROWS: str(ids.len())}
        for name in sorted(_columns(projection, reading.manifest) - set(without)):
            try:
                frame = reading.frame([name], ids=ids, levels=levels)
            except NotFound:  # a column of the segment's own, such as the row of the owner
                continue
            # A column that no product has any more is one of nulls, or none at all.
            if frame[name].null_count() < frame.height:
                state[name] = _column_hash(frame)
    return state


def _column_hash(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.hash_rows(seed=1).to_numpy().tobytes()).hexdigest()[:16]


def _columns(projection: Projection, known: manifest.Manifest) -> set[str]:
    """Return the columns of a manifest that a reading holds."""
    folder = projection.folder / manifest.SEGMENTS
    return {
        name
        for segment in known.segments
        for side in (segments.ITEMS, segments.OWNERS)
        for name in segments.open_side(folder, segment, side)
    }


def state_of(place: Place) -> State:
    """Return everything that must be equal, however often the way to it was cut off."""
    with place.engine() as engine, engine.connect() as connection:
        state = catalogue_state(connection)
        connection.rollback()
    return {**state, **feed_state(place.settings.feeds)}
