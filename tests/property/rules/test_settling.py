"""Rules that set what they say settle: run again they change nothing; undone all is as before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.ruler import Ruler, asks, put, rule

#: Nothing of what these ask for is written by the operations below.
WHERE = (
    {},
    asks("family", "IN", ["care"]),
    asks("color", "IN", ["black"]),
    asks("identifier", "STARTS WITH", "DRB"),
    {"not": asks("categories", "IN CHILDREN", ["women"])},
)
DO: tuple[dict[str, Any], ...] = (
    put("stock", 1),
    put("stock", 2),
    put("brand", "acme"),
    put("brand", "polka", only_empty=True),
    put("name", "Named", locale="*"),
    put("vegan", value=True),
    {"type": "clear", "field": "heel"},
    {"type": "add", "field": "materials", "items": ["cork"]},
    {"type": "remove", "field": "materials", "items": ["rubber"]},
    {"type": "copy", "from_field": "price", "to_field": "offer", "to_scope": "web"},
    {"type": "trim", "field": "name", "locale": "en_GB"},
    {"type": "change_case", "field": "name", "locale": "de_DE", "to": "upper"},
    {"type": "set_groups", "groups": ["sale"]},
    {"type": "disable"},
    {"type": "categorize", "add": ["outlet"]},
)


def _written(operation: dict[str, Any]) -> str:
    """Return what an operation writes: two of a rule may not write the same."""
    return str(operation.get("to_field") or operation.get("field") or operation["type"])


documents = st.lists(
    st.tuples(
        st.sampled_from(WHERE),
        st.lists(st.sampled_from(DO), min_size=1, max_size=2, unique_by=_written),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=documents)
def test_a_second_run_changes_nothing_and_undo_is_the_way_back(
    ruler: Ruler, drawn: list[tuple[Any, list[Any], int]]
) -> None:
    catalogue = ruler.catalogue
    rules = [
        rule(f"r{number}", *do, where=where, priority=priority)
        for number, (where, do, priority) in enumerate(drawn)
    ]
    ruler.save(*rules)
    before = catalogue.state()
    foretold = ruler.foretell()
    assert catalogue.state() == before

    first = ruler.run()
    after = catalogue.state()
    second = ruler.run()

    assert first["unsettled"] == second["unsettled"] == []
    assert [each["changed"] for each in second["rules"]] == [0] * len(second["rules"])
    assert catalogue.state() == after
    figures = ("rule", "selected", "changed", "unchanged", "invalid", "written", "reached")
    assert _figures(foretold, figures) == _figures(first, figures)
    for each in reversed(first["rules"]):
        if each["change_set"]:
            catalogue.undo(each["change_set"])
    assert catalogue.state() == before
    ruler.save(*({**each, "enabled": False} for each in rules))


def _figures(result: dict[str, Any], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in names) for each in result["rules"]]
