"""Patches say the same in Python and in SQL, and lead there and back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.values import difference, merge
from pim.products.changes import changed_members, changed_values
from pim.products.merges import merged_values

KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from(["", "x", "12.5", True, False]) | st.just(["l", "m"])
TREES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3))
DOCUMENTS = st.dictionaries(KEYS, TREES, max_size=3)
PATCHES = st.dictionaries(
    KEYS,
    st.recursive(SCALARS | st.none(), lambda inner: st.dictionaries(KEYS, inner, max_size=3)),
    max_size=3,
)

PRICES = st.dictionaries(st.sampled_from(["EUR", "GBP", "JPY"]), st.sampled_from("123"), min_size=1)
DATA = {"text": st.sampled_from(["x", "y", "z"]), "price": PRICES, "list": st.just(["l"])}
GIVEN = DATA | {
    "price": st.dictionaries(
        st.sampled_from(["EUR", "GBP", "JPY"]), st.sampled_from(["1", "2", None]), min_size=1
    )
}


def values(data: dict[str, Any], *, clears: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents of values: attribute, channel, locale."""

    def cells(strategy: Any) -> Any:
        held = strategy | st.none() if clears else strategy
        locales = st.dictionaries(st.sampled_from(["en", "de"]), held, min_size=1)
        return st.dictionaries(st.sampled_from(["web", "<all>"]), locales, min_size=1)

    return st.fixed_dictionaries({}, optional={name: cells(each) for name, each in data.items()})


quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
few = settings(quick, max_examples=15)


@pytest.fixture
def sql(session: Session) -> Callable[..., Any]:
    """Return a function that calls an SQL function on JSON documents."""

    def call(name: str, *arguments: Any) -> Any:
        places = ", ".join(
            f":a{n}" if isinstance(a, str) else f"CAST(:a{n} AS jsonb)"
            for n, a in enumerate(arguments)
        )
        given = {
            f"a{n}": a if isinstance(a, str) else orjson.dumps(a).decode()
            for n, a in enumerate(arguments)
        }
        return session.scalar(text(f"SELECT {name}({places})"), given)

    return call


@given(DOCUMENTS, PATCHES)
@quick
def test_sql_merges_as_python_does(
    sql: Callable[..., Any], document: dict[str, Any], patch: dict[str, Any]
) -> None:
    before = copy.deepcopy(document)

    merged = merge(document, patch)

    assert sql("pim_merge", document, patch) == merged
    assert document == before


CELLS = st.one_of(
    st.just({"<all>": {"<all>": None}}),
    st.dictionaries(
        st.sampled_from(["<all>", "web"]),
        st.dictionaries(
            st.sampled_from(["<all>", "en"]),
            SCALARS | st.none() | st.dictionaries(KEYS, st.none() | SCALARS, max_size=2),
            max_size=2,
        ),
        max_size=2,
    ),
)


@given(
    st.dictionaries(KEYS, CELLS, max_size=3).map(lambda document: merge({}, document)),
    st.dictionaries(KEYS, CELLS, max_size=3) | PATCHES,
)
@example({}, {"a": ["l", "m"], "b": None})
@quick
def test_values_merge_attribute_by_attribute_as_they_do_as_a_whole(
    session: Session, document: dict[str, Any], patch: dict[str, Any]
) -> None:
    merged = merged_values("e.values", "(t.before -> 'values')", "(t.after -> 'values')")
    query = text(
        f"SELECT {merged} FROM (SELECT CAST(:document AS jsonb) AS values) e,"
        " (SELECT CAST(:before AS jsonb) AS before, CAST(:after AS jsonb) AS after) t"
    )
    back, _ = difference(document, merge(document, patch))
    given = {"document": document, "before": {"values": back}, "after": {"values": patch}}
    found = session.scalar(query, {name: orjson.dumps(it).decode() for name, it in given.items()})

    assert found == merge(document, patch)


@given(values(DATA), values(DATA))
@quick
def test_values_that_come_or_go_as_a_whole_merge_likewise(
    session: Session, document: dict[str, Any], other: dict[str, Any]
) -> None:
    before, after = difference(document, other)
    merged = merged_values("e.values", "(t.before -> 'values')", "(t.after -> 'values')")
    query = text(
        f"SELECT {merged} FROM (SELECT CAST(:document AS jsonb) AS values) e,"
        " (SELECT CAST(:before AS jsonb) AS before, CAST(:after AS jsonb) AS after) t"
    )
    given = {"document": document, "before": {"values": before}, "after": {"values": after}}

    found = session.scalar(query, {name: orjson.dumps(it).decode() for name, it in given.items()})

    assert found == other


#: So many members that the functions take them as a set.
MANY = [f"{number:09}" for number in range(300)]


@st.composite
def wide(draw: st.DrawFn, ends: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw a document of which one object has very many members, and an object among them."""
    chosen = MANY[draw(st.integers(0, 40)) : draw(st.integers(250, 300))]
    members: dict[str, Any] = dict.fromkeys(chosen, True)
    members |= draw(st.dictionaries(st.sampled_from(MANY[::30]), ends, max_size=8))
    within = draw(st.dictionaries(KEYS, SCALARS, max_size=2))
    return {"X": {"products": {**members, "within": within}, "other": draw(SCALARS)}}


@given(wide(TREES), wide(TREES | st.none() | st.just({})))
@few
def test_wide_patches_merge_as_narrow_ones(
    sql: Callable[..., Any], document: dict[str, Any], patch: dict[str, Any]
) -> None:
    document = merge({}, document)

    assert sql("pim_merge", document, patch) == merge(document, patch)


@given(wide(SCALARS), wide(SCALARS), wide(SCALARS))
@few
def test_wide_patches_are_laid_over_and_reverted(
    sql: Callable[..., Any], first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    first, second, third = (merge({}, each) for each in (first, second, third))
    (to_first, to_second), (back_to_second, to_third) = (
        difference(first, second), difference(second, third)
    )  # fmt: skip
    there = sql("pim_overlay", to_second, to_third)
    back = sql("pim_overlay", back_to_second, to_first)

    assert merge(first, there) == third
    assert merge(third, back) == first
    assert merge(third, sql("pim_revert", third, back, there, "restore") or {}) == first
    assert merge(first, sql("pim_revert", third, back, there, "restored") or {}) == third
    assert sql("pim_revert", third, back, there, "kept") is None
    assert sql("pim_revert", first, back, there, "restore") is None
    kept = sql("pim_revert", second, back, there, "kept") or {}
    assert leaves(kept).items() <= leaves(there).items()


@given(DOCUMENTS, DOCUMENTS)
@settings(deadline=None)
def test_a_difference_leads_there_and_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = difference(old, new)

    assert merge(old, after) == new
    assert merge(new, before) == old
    assert (not after) == (old == new)


@given(values(DATA), values(GIVEN, clears=True))
@settings(deadline=None)
def test_changed_values_lead_there_and_back(stored: dict[str, Any], row: dict[str, Any]) -> None:
    before, after = changed_values(stored, row)
    there = merge(stored, after)

    assert merge(there, before) == stored
    assert there == merge(stored, row)
    assert changed_values(there, row) == ({}, {})
    assert (not after) == (there == stored)


@given(values(DATA), values(GIVEN, clears=True))
@quick
def test_what_was_written_reverts_exactly(
    sql: Callable[..., Any], stored: dict[str, Any], row: dict[str, Any]
) -> None:
    before, after = changed_values(stored, row)
    there = merge(stored, after)

    back = sql("pim_revert", there, before, after, "restore") or {}

    assert merge(there, back) == stored
    assert sql("pim_revert", there, before, after, "kept") is None


@given(values(DATA), values(GIVEN, clears=True), values(GIVEN, clears=True))
@quick
def test_reverting_never_touches_what_came_later(
    sql: Callable[..., Any], stored: dict[str, Any], row: dict[str, Any], later: dict[str, Any]
) -> None:
    before, after = changed_values(stored, row)
    now = merge(merge(stored, after), later)

    back = sql("pim_revert", now, before, after, "restore") or {}
    restored = sql("pim_revert", now, before, after, "restored") or {}
    then = merge(now, back)

    assert merge(then, restored) == now
    assert sql("pim_revert", then, before, after, "restore") is None
    for leaf, data in leaves(now).items():
        if leaf not in leaves(after):
            assert leaves(then).get(leaf) == data


@given(values(DATA), values(GIVEN, clears=True), values(GIVEN, clears=True))
@quick
def test_two_writes_of_one_change_set_read_as_one(
    sql: Callable[..., Any], stored: dict[str, Any], row: dict[str, Any], later: dict[str, Any]
) -> None:
    before, after = changed_values(stored, row)
    there = merge(stored, after)
    before_later, after_later = changed_values(there, later)

    whole_after = sql("pim_overlay", after, after_later)
    whole_before = sql("pim_overlay", before_later, before)

    end = merge(there, after_later)
    assert merge(stored, whole_after) == end
    assert merge(end, whole_before) == stored


@given(st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
@quick
def test_memberships_lead_there_and_back(session: Session, had: set[int], wants: set[int]) -> None:
    before, after = changed_members(had, wants)

    def merged(ids: set[int], patch: dict[str, Any]) -> set[int]:
        query = text("SELECT pim_merge_members(CAST(:ids AS bigint[]), CAST(:patch AS jsonb))")
        given = {"ids": sorted(ids), "patch": orjson.dumps(patch).decode()}
        return set(session.scalar(query, given) or ())

    assert merged(had, after) == wants
    assert merged(wants, before) == had


def leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(tree, dict):
        return {path: tree}
    return {
        leaf: data
        for key, each in tree.items()
        for leaf, data in leaves(each, (*path, key)).items()
    }
