"""SQL, Polars and plain Python agree about every condition on every catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from pim.db.conditions import Table, compile_sql, source
from pim.domain.conditions import FIELDS, Condition, evaluate, parse
from tests.factories import conditions as drawn
from tests.factories.shelves import SHOES, Layer, Thing, reading, view
from tests.property.projection import test_conditions as projected
from tests.property.projection.catalogues import NOW, things

FIELDS_DRAWN = [
    *(FIELDS.keys() - {"uuid", "family_variant", "change_set", "published_in", "rejected_by"}),
    *(a.code for a in SHOES.attributes),
]
EVERY_LEVEL = ("simple", "variant", "model", "sub_model")

changed_in = st.builds(
    lambda operator, value: {"field": "change_set", "operator": operator, "value": value},
    st.just("IN"),
    st.lists(st.sampled_from([1, 2, 2**70]), max_size=3),
)
some_feeds = st.lists(st.sampled_from(["Shop", "MARKET", "other"]), max_size=2)
of_feeds = st.builds(
    lambda field, operator, value: (
        {"field": field, "operator": operator} | ({} if "EMPTY" in operator else {"value": value})
    ),
    st.sampled_from(["published_in", "rejected_by"]),
    st.sampled_from(["IN", "NOT IN", "EMPTY", "NOT EMPTY"]),
    some_feeds,
)
recent = st.builds(
    lambda field, operator, value: {"field": field, "operator": operator, "value": value},
    st.sampled_from(["created", "updated", "launch"]),
    st.sampled_from(["BETWEEN", "NOT BETWEEN"]),
    st.lists(st.sampled_from(["now", "-2 days", "+1 month", "-40 days"]), min_size=2, max_size=2),
)
documents = st.one_of(
    drawn.conditions(sorted(FIELDS_DRAWN), SHOES),
    projected.conditions,
    changed_in,
    of_feeds,
    recent,
    st.lists(of_feeds | recent | changed_in, min_size=1, max_size=3).map(
        lambda parts: {"not": {"any": parts}}
    ),
)
moments = st.sampled_from([NOW, NOW - timedelta(days=2), NOW + timedelta(days=31)])


@dataclass(frozen=True)
class Told:
    """What is known of things beside their rows: change sets, and of products their feeds."""

    touched: Mapping[int, frozenset[int]]
    published: Mapping[int, frozenset[str]]
    rejected: Mapping[int, frozenset[str]]

    def members(self, wanted: Sequence[int]) -> pl.Series:
        """Answer conditions on change sets."""
        return _ids(n for n, sets in self.touched.items() if sets & set(wanted))

    def facts(self, field: str, codes: Sequence[str] | None) -> pl.Series:
        """Answer conditions on feeds."""
        held = self.published if field == "published_in" else self.rejected
        wanted = None if codes is None else {code.lower() for code in codes}
        return _ids(n for n, f in held.items() if (f if wanted is None else f & wanted))


def _ids(numbers: Iterable[int]) -> pl.Series:
    return pl.Series("id", list(numbers), dtype=pl.Int64)


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[list[Thing], Told]:
    """Draw things with awkward texts, and what is known beside them."""
    made = []
    for thing in draw(things()):
        values = draw(st.just(thing.values) | drawn.documents(list(SHOES.attributes), SHOES))
        name = draw(st.sampled_from([thing.identifier, "ΟΔΟΣ", "İzmir", "%_\\'\":where_1"]))
        made.append(replace(thing, values=values, identifier=thing.identifier and name))
    products = [thing.id for thing in made if not thing.family_variant]
    feeds = st.frozensets(st.sampled_from(["shop", "market"]))
    return made, Told(
        touched={t.id: draw(st.frozensets(st.integers(1, 2), max_size=2)) for t in made},
        published={number: draw(feeds) for number in products},
        rejected={number: draw(feeds) for number in products},
    )


class Tables:
    """The tables of products and models, shadowed by temporary ones without foreign keys."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        for name in ("product", "product_model", "history"):
            connection.execute(text(f"CREATE TEMP TABLE {name} (LIKE public.{name})"))

    def fill(self, catalogue: Sequence[Thing], touched: Mapping[int, frozenset[int]]) -> None:
        """Put a catalogue in the place of the last one."""
        self.connection.execute(text("TRUNCATE product, product_model, history"))
        for thing in catalogue:
            self.connection.execute(_MODEL if thing.family_variant else _PRODUCT, _row(thing))
        rows = [{"id": i, "change_set": c} for i, sets in touched.items() for c in sets]
        if rows:
            self.connection.execute(_HISTORY, rows)

    def matching(self, condition: Condition, told: Told, now: datetime) -> list[int]:
        """Return the ids of products and models that meet a condition."""
        found: list[int] = []
        tables: tuple[Table, ...] = ("product", "product_model")
        for table in tables:
            compiled = compile_sql(condition, SHOES, now, table=table, facts=told.facts)
            query = f"SELECT e.id FROM {source(table)} WHERE {compiled.sql}"
            found += self.connection.execute(text(query), compiled.parameters).scalars()
        return sorted(found)


def _row(thing: Thing) -> dict[str, Any]:
    return vars(thing) | {
        "uuid": thing.uuid,
        "categories": list(thing.categories),
        "groups": list(thing.groups),
        "values": orjson.dumps(thing.values).decode(),
    }


_PRODUCT = text(
    """
    INSERT INTO product (id, uuid, identifier, family_id, parent_id, enabled, categories, groups,
        associations, values, created, updated, version)
    VALUES (:id, :uuid, :identifier, :family, :parent, :enabled, :categories, :groups, '{}',
        CAST(:values AS jsonb), :created, :updated, 1)
    """
)
_MODEL = text(
    """
    INSERT INTO product_model (id, uuid, code, family_variant_id, parent_id, categories,
        associations, values, created, updated, version)
    VALUES (:id, :uuid, :identifier, :family_variant, :parent, :categories, '{}',
        CAST(:values AS jsonb), :created, :updated, 1)
    """
)
_HISTORY = text(
    """
    INSERT INTO history (entity_id, change_set_id, kind, action, at)
    VALUES (:id, :change_set, 0, 0, now())
    """
)


@pytest.fixture(scope="module")
def tables(shared_engine: Engine) -> Iterator[Tables]:
    with shared_engine.connect() as connection:
        yield Tables(connection)
        connection.rollback()


@contextmanager
def shelf(catalogue: Sequence[Thing], told: Told) -> Iterator[Any]:
    """Give the catalogue as the projection has it."""
    known = {"members": told.members, "facts": told.facts}
    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue), **known) as opened,
    ):
        yield opened


@given(
    drawn_catalogue=catalogues(),
    asked=st.lists(documents, min_size=1, max_size=8),
    now=moments,
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_three_compilers_of_conditions_agree(
    tables: Tables,
    drawn_catalogue: tuple[list[Thing], Told],
    asked: list[dict[str, Any]],
    now: datetime,
) -> None:
    catalogue, told = drawn_catalogue
    by_id = {thing.id: thing for thing in catalogue}
    views = {
        n: replace(
            view(t, by_id),
            change_sets=told.touched[n],
            published_in=told.published.get(n, frozenset()),
            rejected_by=told.rejected.get(n, frozenset()),
        )
        for n, t in by_id.items()
    }
    tables.fill(catalogue, told.touched)
    with shelf(catalogue, told) as columns:
        for document in asked:
            condition = parse(document, SHOES)
            expected = [n for n, seen in views.items() if evaluate(condition, seen, SHOES, now)]
            assert tables.matching(condition, told, now) == expected, document
            found = columns.matching(condition, levels=EVERY_LEVEL, now=now)
            assert found.to_list() == expected, document
