"""Patches of one shape do in SQL what the merge of documents says."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.values import merge
from pim.products.shapes import Shape

data = st.sampled_from(["x", "12.5", True, ["a", "b"], ["a"], {"EUR": "1", "GBP": "2"}])
changes = (
    data | st.none() | st.sampled_from([{"EUR": "3"}, {"EUR": None}, {"JPY": "4", "GBP": None}])
)


def values(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw values of a few attributes, one of which is called null."""
    locales = st.dictionaries(st.sampled_from(["en_GB", "<all>"]), leaf, min_size=1, max_size=2)
    channels = st.dictionaries(st.sampled_from(["web", "<all>"]), locales, min_size=1, max_size=2)
    return st.dictionaries(st.sampled_from(["name", "null", "price"]), channels, max_size=2)


def fits(document: Any, patch: Any) -> bool:
    """Tell whether a patch meets objects where it has objects, as with one type per attribute."""
    if not isinstance(patch, dict) or document is None or patch is None:
        return True
    return isinstance(document, dict) and all(fits(document.get(k), v) for k, v in patch.items())


def ask(session: Session, shape: Shape, document: Any, patch: Any) -> tuple[Any, Any, Any]:
    """Return what SQL answers: the merged document, and whether the patch matches and stands."""
    query = (
        f"SELECT {shape.merged('d', 'p')}, {shape.matches('p')}, {shape.stands('d', 'p')}"
        " FROM (SELECT CAST(:document AS jsonb) AS d, CAST(:patch AS jsonb) AS p) AS given"
    )
    parameters = {
        "document": orjson.dumps(document).decode(),
        "patch": orjson.dumps(patch).decode(),
    }
    row = session.execute(text(query), parameters).one()
    return row[0], row[1], row[2]


@given(document=values(data), change=values(changes))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_patch_is_merged_as_documents_are(
    session: Session, document: dict[str, Any], change: dict[str, Any]
) -> None:
    patch = {"values": change}
    shape = Shape.of(patch)
    if shape is None or not fits(document, change):
        return

    merged, matches, stands = ask(session, shape, document, patch)

    assert merged == merge(document, change)
    assert matches is True
    assert stands == (merge(document, change) == document)


@given(one=values(changes), other=values(changes))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_patch_matches_the_shape_of_another_only_if_it_has_the_same(
    session: Session, one: dict[str, Any], other: dict[str, Any]
) -> None:
    shape = Shape.of({"values": one})
    if shape is not None:
        _, matches, _ = ask(session, shape, {}, {"values": other})
        assert matches == (Shape.of({"values": other}) == shape)


def test_only_patches_of_values_with_plain_names_have_a_shape() -> None:
    cell = {"name": {"<all>": {"<all>": "x"}}}

    assert Shape.of({"values": cell}) is not None
    assert Shape.of({"values": cell, "enabled": True}) is None
    assert Shape.of({"enabled": True}) is None
    assert Shape.of({"values": {"it's": {"<all>": {"<all>": "x"}}}}) is None
    assert Shape.of({"values": {}}) is None
