"""Checks prepared once find what checks made anew find, and empty what breaks them only."""

from __future__ import annotations

import polars as pl
import pytest

from channels.checking.check import carry_out, check
from channels.checking.prepared import Prepared, prepare
from exporters.contract import CHECKS, Requirement, Requirements, Rule, parse_target_condition

SCHEMA = pl.Schema({"id": pl.String, "country": pl.String, "images": pl.List(pl.String)})
ITEMS = pl.DataFrame(
    {"id": ["1", "2"], "country": ["DE", "FR"], "images": [["a", "bbbb"], ["a", "bbbb"]]},
    schema=SCHEMA,
)
ONLY_GERMAN = parse_target_condition({"target": "country", "operator": "=", "value": "DE"})


def rule(check_name, **parameters):
    words = CHECKS[check_name]
    return Prepared(
        name="broken",
        rule=Rule(
            code="images.some",
            target="images",
            check=check_name,
            parameters=parameters,
            message=words.message,
            mend=words.mend,
            when=ONLY_GERMAN,
        ),
        severity="drop_value",
        schema=SCHEMA,
        facts={},
    )


@pytest.mark.parametrize(
    ("prepared", "left"),
    [
        (rule("max_length", limit=3, unit="characters"), ["a"]),
        (rule("max_items", limit=1), ["a"]),
        (rule("min_length", limit=9, unit="characters"), None),
    ],
)
def test_a_list_is_emptied_only_where_the_rule_applies(prepared, left):
    assert ITEMS.select(prepared.without)["images"].to_list() == [left, ["a", "bbbb"]]


TITLED = Requirements(
    targets=(
        Requirement(target="title", max_length=5),
        Requirement(target="size", need="required"),
    )
)
SEVERITIES = {"title.max_length": "drop_value"}


@pytest.mark.parametrize(
    ("titles", "sizes"),
    [(["short", None], ["1", "2"]), (["much too long", "ok"], ["1", None]), ([], [])],
)
def test_checks_that_are_used_again_find_what_new_ones_find(titles, sizes):
    schema = {"id": pl.String, "title": pl.String, "size": pl.String}
    ids = [str(number) for number in range(len(titles))]
    frame = pl.DataFrame({"id": ids, "title": titles, "size": sizes}, schema=schema)
    known = prepare(frame.schema, TITLED, severities=SEVERITIES, item_id="id", facts={})
    carry_out(known, frame.clear(3))  # as for another publication

    again = carry_out(known, frame)
    anew = check(frame, TITLED, severities=SEVERITIES, item_id="id")

    assert again.report == anew.report
    assert again.frame.equals(anew.frame)
    assert again.violations.equals(anew.violations)
    assert again.kept.to_list() == anew.kept.to_list()
