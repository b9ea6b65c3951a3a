"""Shoe sizes from one system to another, and what a table lacks."""

from __future__ import annotations

import polars as pl
import pytest

from channels.checking.check import check
from channels.mapping.compiled import compile_mapping
from channels.mapping.document import parse
from channels.steps.size_table import AUDIENCES, conversion, sizes, systems
from exporters.contract import Requirements

from .conftest import make_context, rows


def step(**parameters):
    return {"type": "size_convert", "audience": "note", **parameters}


@pytest.mark.parametrize(
    ("audience", "origin", "size", "to", "expected"),
    [
        ("women", "EU", "39", "UK", "5.5"),
        ("women", "EU", "39", "US", "7.5"),
        ("women", "EU", "39", "JP", "24.5"),
        ("women", "EU", "39", "MONDO", "245"),
        ("men", "EU", "43", "UK", "9"),
        ("men", "EU", "43", "US", "10"),
        ("men", "UK", "9", "EU", "43"),
        ("men", "US", "10", "CN", "275"),
        ("kids", "EU", "28", "UK", "10"),
        ("kids", "EU", "28", "US", "11C"),
        ("kids", "EU", "34", "UK", "2"),
        ("kids", "US", "11c", "EU", "28"),
        ("kids", "US", "3Y", "IT", "34.5"),
        ("women", "EU", "39_5", "FR", "39.5"),
        ("Women", "eu", " 39,50 ", "fr", "39.5"),
        ("women", "EU", "39½", "EU", "39.5"),
        ("women", "EU", "39 1/2", "EU", "39.5"),
        ("women", "EU", "39.0", "EU", "39"),
    ],
)
def test_sizes_are_converted_by_their_length(mapped, audience, origin, size, to, expected):
    frame = rows(brand=[size, None], note=[audience, audience])
    assert mapped(frame, "brand", step(to=to, **{"from": origin})) == [expected, None]


@pytest.mark.parametrize(
    ("audience", "origin", "size"),
    [
        ("women", "EU", "60"),
        ("babies", "EU", "20"),
        (None, "EU", "39"),
        ("women", "EU", "M"),
        ("kids", "UK", "3.5"),  # an infant's or a schoolchild's: nobody knows
    ],
)
def test_a_size_that_nobody_knows_is_empty_and_reported(structure, audience, origin, size):
    found = report(
        structure, rows(brand=[size], note=[audience]), step(to="US", **{"from": origin})
    )
    assert found == [(size, 1, ("0",))]


def report(structure, frame, *steps):
    """Return what the quality report says that a table lacks."""
    within = make_context(structure)
    document = {"id": "name", "size": {"from": "brand", "steps": list(steps)}}
    parsed = parse(document, within)
    assert parsed.violations == ()
    ids = pl.Series("name-en_GB", [str(n) for n in range(frame.height)])
    mapped = compile_mapping(parsed.mapping, within).apply(frame.with_columns(ids))
    checked = check(mapped, Requirements(), severities={}, item_id="id")
    (told,) = checked.report
    assert told.rule == "size.unmapped"
    assert "table" in told.mend
    return [(each.value, each.count, each.items) for each in told.lacking]


def test_the_report_counts_what_a_table_lacks_the_most_frequent_first(structure):
    values = ["38", "M", "XL", "M", "M", "XL", "38", "M", "S"]
    frame = rows(brand=values, note=["women"] * 9)

    assert report(structure, frame, step(to="UK")) == [
        ("M", 4, ("1", "3", "4")),
        ("XL", 2, ("2", "5")),
        ("S", 1, ("8",)),
    ]
    assert report(structure, frame, {"type": "lookup", "table": {"38": "x"}}) == [
        ("M", 4, ("1", "3", "4")),
        ("XL", 2, ("2", "5")),
        ("S", 1, ("8",)),
    ]


def test_the_report_lists_a_hundred_values_and_counts_the_rest(structure):
    frame = rows(brand=[f"size {n}" for n in range(130)], note=["women"] * 130)
    within = make_context(structure)
    document = {"id": "brand", "size": {"from": "brand", "steps": [step(to="UK")]}}
    mapped = compile_mapping(parse(document, within).mapping, within).apply(frame)
    (told,) = check(mapped, Requirements(), severities={}, item_id="id").report

    assert (len(told.lacking), told.more_lacking, told.count) == (100, 30, 130)
    assert told.as_json()["lacking"][0] == {"value": "size 0", "count": 1, "items": ("size 0",)}


def test_a_table_of_ones_own_goes_before_by_brand_and_audience(mapped):
    table = {"Nordvik/women/39": "6", "nordvik/40": "6.5", "women/41": "7.5", "42": "99"}
    frame = rows(
        brand=["39", "40", "41", "42", "38"],
        note=["women"] * 5,
        image=["NORDVIK", "Nordvik", "Nordvik", None, "Nordvik"],
    )
    found = mapped(frame, "brand", step(to="UK", brand="image", table=table))

    assert found == ["6", "6.5", "7.5", "99", "5"]


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"to": "MARS"}, "to"),
        ({"to": "UK", "from": "MARS"}, "from"),
        ({"to": "UK", "table": "no"}, "table"),
    ],
)
def test_unknown_systems_and_tables_are_refused(faults, parameters, path):
    found = faults({"from": "brand", "steps": [step(**parameters)]})
    assert [each for each, _ in found] == [f"steps[0].{path}"]


def test_the_table_rises_and_every_audience_has_every_system():
    for audience in AUDIENCES:
        for system in ("EU", "UK", "US", "JP", "MONDO"):
            lengths = [length for _, length in sizes()[audience, system]]
            assert lengths == sorted(set(lengths))


@pytest.mark.parametrize("target", systems())
def test_every_continental_size_in_use_has_a_counterpart(target):
    found = conversion("EU", target)
    for audience, first, last in (("women", 34, 44), ("men", 38, 50), ("kids", 18, 39)):
        assert [s for s in range(first, last + 1) if f"{audience}/{s}" not in found] == []
