"""SQL, Polars and plain Python agree about every condition on every catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
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
    *(FIELDS.keys() - {"uuid", "family_variant", "change_set"}),
    *(a.code for a in SHOES.attributes),
]
EVERY_LEVEL = ("simple", "variant", "model", "sub_model")

changed_in = st.builds(
    lambda operator, value: {"field": "change_set", "operator": operator, "value": value},
    st.just("IN"),
    st.lists(st.sampled_from([1, 2, 2**70]), max_size=3),
)
documents = st.one_of(
    drawn.conditions(sorted(FIELDS_DRAWN), SHOES), projected.conditions, changed_in
)


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[list[Thing], dict[int, frozenset[int]]]:
    """Draw things with awkward texts, and the change sets that touched each of them."""
    made = []
    for thing in draw(things()):
        values = draw(st.just(thing.values) | drawn.documents(list(SHOES.attributes), SHOES))
        name = draw(st.sampled_from([thing.identifier, "ΟΔΟΣ", "İzmir", "%_\\'\":where_1"]))
        made.append(replace(thing, values=values, identifier=thing.identifier and name))
    touched = {t.id: draw(st.frozensets(st.integers(1, 2), max_size=2)) for t in made}
    return made, touched


class Tables:
    """The tables of products and models, shadowed by temporary ones without foreign keys."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        for name in ("product", "product_model", "history"):
            connection.execute(text(f"CREATE TEMP TABLE {name} (LIKE public.{name})"))

    def fill(self, catalogue: Sequence[Thing], touched: dict[int, frozenset[int]]) -> None:
        """Put a catalogue in the place of the last one."""
        self.connection.execute(text("TRUNCATE product, product_model, history"))
        for thing in catalogue:
            self.connection.execute(_MODEL if thing.family_variant else _PRODUCT, _row(thing))
        rows = [{"id": i, "change_set": c} for i, sets in touched.items() for c in sets]
        if rows:
            self.connection.execute(_HISTORY, rows)

    def matching(self, condition: Condition) -> list[int]:
        """Return the ids of products and models that meet a condition."""
        found: list[int] = []
        tables: tuple[Table, ...] = ("product", "product_model")
        for table in tables:
            compiled = compile_sql(condition, SHOES, NOW, table=table)
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
def shelf(catalogue: Sequence[Thing], touched: dict[int, frozenset[int]]) -> Iterator[Any]:
    """Give the catalogue as the projection has it."""

    def members(wanted: Sequence[int]) -> pl.Series:
        found = [number for number, sets in touched.items() if sets & set(wanted)]
        return pl.Series("id", found, dtype=pl.Int64)

    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue), members=members) as opened,
    ):
        yield opened


@given(drawn_catalogue=catalogues(), asked=st.lists(documents, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_three_compilers_of_conditions_agree(
    tables: Tables,
    drawn_catalogue: tuple[list[Thing], dict[int, frozenset[int]]],
    asked: list[dict[str, Any]],
) -> None:
    catalogue, touched = drawn_catalogue
    by_id = {thing.id: thing for thing in catalogue}
    views = {n: replace(view(t, by_id), change_sets=touched[n]) for n, t in by_id.items()}
    tables.fill(catalogue, touched)
    with shelf(catalogue, touched) as columns:
        for document in asked:
            condition = parse(document, SHOES)
            expected = [n for n, seen in views.items() if evaluate(condition, seen, SHOES, NOW)]
            assert tables.matching(condition) == expected, document
            found = columns.matching(condition, levels=EVERY_LEVEL, now=NOW)
            assert found.to_list() == expected, document
