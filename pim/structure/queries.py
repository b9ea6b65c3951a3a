"""Read the structure: a handful of set-based queries, and a cache that costs one tiny query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, select, text
from sqlalchemy.orm import Session, scoped_session

from pim.domain import structure as domain
from pim.errors import Retryable
from pim.structure import assemble, models

Readable = Session | scoped_session[Session] | Connection

#: Structures kept per process: the current one of a database or two, and those of open dry runs.
KEPT = 4
ATTEMPTS = 5

_KEY = text(
    """
    SELECT (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
           coalesce((SELECT version FROM structure_version), 0) AS version,
           coalesce(current_setting('polka.structure', true), '') AS uncommitted
    """
)


# Members are many (families times attributes): the database puts them together by family.
_MEMBERS = text(
    "SELECT family_id, array_agg(attribute_id) AS attribute_ids FROM family_attribute GROUP BY 1"
)
_REQUIRED = text(
    """
    SELECT family_id, channel_id, array_agg(attribute_id) AS attribute_ids
    FROM family_attribute, unnest(required_in) AS channel_id GROUP BY 1, 2
    """
)


class CacheKey(NamedTuple):
    """What a structure in the cache belongs to; `uncommitted` is empty outside a writer."""

    server: str
    database: int
    version: int
    uncommitted: str


_cache: OrderedDict[CacheKey, domain.Structure] = OrderedDict()
_lock = threading.Lock()


def current(session: Readable) -> domain.Structure:
    """Return the structure as this transaction sees it, from the cache if nothing changed.

    A transaction that changed the structure itself carries a token of its last change (see
    `pim.structure.version.touch`), so nobody else is ever given its uncommitted state.
    """
    for _ in range(ATTEMPTS):
        key = cache_key(session)
        with _lock:
            if (known := _cache.get(key)) is not None:
                _cache.move_to_end(key)
                return known
        loaded = load(session, version=key.version)
        if cache_key(session) == key:  # nobody committed a change between two of our queries
            _remember(key, loaded)
            return loaded
    raise Retryable("The structure kept changing while it was read; the same call works later.")


def cache_key(session: Readable) -> CacheKey:
    """Return the key of the structure that this transaction sees."""
    row = session.execute(_KEY).one()
    return CacheKey(_server(session), row.database, row.version, row.uncommitted)


def forget() -> None:
    """Drop every cached structure of this process."""
    with _lock:
        _cache.clear()


def load(session: Readable, *, version: int | None = None) -> domain.Structure:
    """Read the whole structure: one query per table, whatever its size."""
    attributes = {row.id: row for row in _rows(session, models.Attribute, "sort_order", "code")}
    families = {row.id: row for row in _rows(session, models.Family, "id")}
    channels = {row.id: row for row in _rows(session, models.Channel, "id")}
    categories = {row.id: row for row in _rows(session, models.Category, "sort_order", "id")}
    groups = _rows(session, models.AttributeGroup, "sort_order", "code")
    types = _rows(session, models.GroupType, "code")
    return domain.Structure(
        version=cache_key(session).version if version is None else version,
        attributes=assemble.attributes(
            attributes,
            {row.id: row.code for row in groups},
            _rows(session, models.AttributeOption, "sort_order", "code"),
        ),
        attribute_groups=domain.Codes(
            [assemble.coded(domain.AttributeGroup, row) for row in groups]
        ),
        families=assemble.families(
            families,
            attributes,
            channels,
            {row.family_id: row for row in session.execute(_MEMBERS)},
            session.execute(_REQUIRED).all(),
        ),
        family_variants=assemble.family_variants(
            _rows(session, models.FamilyVariant, "id"),
            families,
            attributes,
            _rows(session, models.FamilyVariantAttribute, "axis_position", "attribute_id"),
        ),
        channels=assemble.channels(channels, categories),
        categories=domain.Codes(assemble.categories(categories)),
        association_types=_all(session, domain.AssociationType, models.AssociationType),
        groups=assemble.groups(
            _rows(session, models.Group, "code"), {row.id: row.code for row in types}
        ),
        group_types=domain.Codes([assemble.coded(domain.GroupType, row) for row in types]),
        measurement_families=assemble.measurement_families(
            _rows(session, models.MeasurementFamily, "code")
        ),
        locales=_all(session, domain.Locale, models.Locale),
        currencies=_all(session, domain.Currency, models.Currency),
    )


def _server(session: Readable) -> str:
    bind = session if isinstance(session, Connection) else session.get_bind()
    return bind.engine.url.render_as_string(hide_password=True)


def _remember(key: CacheKey, structure: domain.Structure) -> None:
    with _lock:
        _cache[key] = structure
        while len(_cache) > KEPT:
            _cache.popitem(last=False)


def _rows(session: Readable, model: Any, *order: str) -> Sequence[Row[Any]]:
    """Return all rows of a table under the names of its columns."""
    table: Table = model.__table__
    query: Select[Any] = select(table).order_by(*(table.c[name] for name in order))
    return session.execute(query).all()


def _all(session: Readable, kind: type[Any], model: Any) -> domain.Codes[Any]:
    return domain.Codes([assemble.coded(kind, row) for row in _rows(session, model, "code")])
