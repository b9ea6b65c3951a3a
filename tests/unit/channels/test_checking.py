"""Checking of mapped frames against requirements: every check, every severity."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from channels.checking.check import check
from channels.checking.elements import ELEMENT_CHECKS
from channels.checking.relations import ROW_CHECKS
from channels.checking.result import EXAMPLES
from channels.mapping.targets import UNMAPPED
from exporters.contract import (
    CHECKS,
    Relation,
    Requirement,
    Requirements,
    load_exporters,
    parse_target_condition,
)

FACTS = {"currency": "GBP", "country": "GB", "locale": "en_GB"}
LISTS = ("images", "gtins")


def items(**columns):
    height = len(next(iter(columns.values())))
    columns = {"id": [f"item-{n}" for n in range(height)], **columns}
    schema = {n: pl.List(pl.String) if n in LISTS else pl.String for n in columns}
    return pl.DataFrame(columns, schema=schema)


def demand(target, **more):
    return Requirements(targets=(Requirement(target=target, **more),))


def relate(check_name, *targets, **more):
    relation = Relation(
        code="together", target=targets[0], check=check_name, targets=targets, **more
    )
    return Requirements(targets=(Requirement(target="title"),), relations=(relation,))


def run(frame, requirements, severities=None, **more):
    return check(
        frame, requirements, severities=severities or {}, item_id="id", facts=FACTS, **more
    )


def broken(frame, requirements, **more):
    """Return {rule: [positions]} of what is found."""
    found = run(frame, requirements, **more).violations
    positions = found["item"].str.extract(r"(\d+)$").cast(pl.Int64)
    rules = {}
    for rule, position in zip(found["rule"], positions, strict=True):
        rules.setdefault(rule, []).append(position)
    return rules


@pytest.mark.parametrize(
    ("requirement", "good", "bad"),
    [
        ({"kind": "url"}, ["https://a.b/c", "http://a?é=1"], ["ftp://a", "https://a b", "a.b"]),
        ({"kind": "price"}, ["15.00 GBP", "15 GBP"], ["15,00 GBP", "£15", "15.00", "-1 GBP"]),
        ({"kind": "integer"}, ["0", "-7"], ["1.5", "x", "１"]),
        ({"kind": "date"}, ["2026-12-26"], ["2026-13-01", "26.12.2026"]),
        ({"kind": "measure", "units": ("kg", "g")}, ["1.5 kg"], ["1.5kg", "1 lb", "1 kgs"]),
        ({"kind": "boolean"}, ["yes", "true"], ["Yes", "1"]),
        ({"enumeration": ("in_stock", "out_of_stock")}, ["in_stock"], ["in stock", "IN_STOCK"]),
        ({"pattern": "^[A-Z]{2}$", "expected": "two letters"}, ["GB"], ["gb", "GBR"]),
        ({"max_length": 4}, ["日本語語", "🙂🙂🙂🙂"], ["abcde"]),
        ({"max_length": 6, "unit": "bytes"}, ["日本", "abcdef"], ["日本語", "abcdefg"]),
        ({"min_length": 2}, ["ab"], ["a", "日"]),
        ({"minimum": Decimal("0.5")}, ["0.5 kg", "7", "x"], ["0.49 kg", "-1"]),
        ({"maximum": Decimal(10)}, ["10", "9.99 GBP"], ["10.01"]),
        ({"above": Decimal(0)}, ["0.01 GBP"], ["0.00 GBP", "0"]),
        ({"control_characters": False}, ["a\tb\nc"], ["a\x00b", "\x0b", "x\ufffe"]),
        ({"kind": "price", "currency": True}, ["1 GBP"], ["1 EUR"]),
    ],
)
def test_checks_of_single_values(requirement, good, bad):
    frame = items(value=[*good, *bad, None])
    (rule,) = [rule.code for rule in demand("value", **requirement).rules()][-1:]

    found = broken(frame, demand("value", **requirement))

    assert found == {rule: list(range(len(good), len(good) + len(bad)))}


@pytest.mark.parametrize(
    ("gtin", "rule"),
    [
        ("4006381333931", None),
        ("036000291452", None),
        ("96385074", None),
        ("10614141000415", None),
        ("0004006381333931", "gtin.digits"),
        ("4006381333932", "gtin.check_digit"),
        ("4006381339331", "gtin.check_digit"),
        ("400638133393X", "gtin.digits"),
        ("４006381333931", "gtin.digits"),
        ("4.0E+12", "gtin.digits"),
        (None, None),
    ],
)
def test_gtins_need_a_known_length_and_the_right_check_digit(gtin, rule):
    found = broken(items(gtin=[gtin]), demand("gtin", kind="gtin"))

    assert list(found) == ([rule] if rule else [])


def test_every_element_of_a_list_is_checked():
    frame = items(images=[["https://a/1", "https://a/2"], ["https://a/1", "nope"], None, []])

    assert broken(frame, demand("images", kind="url")) == {"images.format": [1]}
    assert broken(frame, demand("images", max_items=1)) == {"images.max_items": [0, 1]}


def test_required_and_recommended_values():
    frame = items(title=["x", None])

    assert broken(frame, demand("title", need="required")) == {"title.required": [1]}
    assert broken(frame, demand("other", need="required")) == {"other.required": [0, 1]}
    assert broken(frame, demand("title", need="recommended")) == {"title.recommended": [1]}
    assert broken(frame, demand("other", need="recommended")) == {}
    assert run(frame, demand("title", need="recommended")).frame.height == 2


def test_a_value_may_be_required_by_what_others_say():
    when = {
        "all": [
            {"target": "availability", "operator": "IN", "value": ["preorder", "backorder"]},
            {"target": "@country", "operator": "=", "value": "GB"},
            {"not": {"target": "images", "operator": "CONTAINS", "value": "exempt"}},
        ]
    }
    frame = items(
        availability=["preorder", "preorder", "in_stock", None, "backorder"],
        date=[None, "2026-01-01", None, None, None],
        images=[["x"], ["x"], ["x"], ["x"], ["x", "exempt"]],
    )
    requirements = demand("date", required_when=parse_target_condition(when), reason="preorder")

    assert broken(frame, requirements) == {"date.required_when": [0]}


def test_unique_values_and_item_ids():
    frame = items(id=["a-0", "a-1", "a-1", None], mpn=["x", "x", None, None])

    found = run(frame, demand("mpn", unique=True))

    assert [(c.rule, c.count) for c in found.report] == [
        ("id.required", 1),
        ("id.unique", 2),
        ("mpn.unique", 2),
    ]
    assert found.frame.height == 0
    assert sorted(found.dropped) == ["", "a-0", "a-1", "a-1"]


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("less_than", [("8 GBP", "9 GBP"), ("9 GBP", "9 GBP"), ("10.00 GBP", "9.5 GBP"),
                       ("10 EUR", "9 GBP"), (None, "1 GBP"), ("x", "1 GBP")], [1, 2]),
        ("all_or_none", [("a", "b"), ("a", None), (None, None)], [1]),
        ("one_of", [("a", None), (None, None), ("a", "b")], [1]),
        ("not_together", [("a", None), ("a", "b"), (None, None)], [1]),
        ("same_unit", [("1 kg", "2 kg"), ("1 kg", "2 g"), ("1 kg", None)], [1]),
    ],
)  # fmt: skip
def test_relations_between_values(name, rows, expected):
    frame = items(one=[one for one, _ in rows], other=[other for _, other in rows])

    assert broken(frame, relate(name, "one", "other")).get("together", []) == expected


def test_variants_of_a_group_differ_in_something():
    frame = items(
        group=["s", "s", "s", None, None, "t"],
        size=["40", "40", "41", "40", "40", "40"],
        colour=[None, None, "x", "y", "y", None],
    )
    requirements = relate("distinct_within", "size", "colour", group="group")

    assert broken(frame, requirements) == {"together": [0, 1]}


def test_every_check_of_the_contract_is_implemented():
    assert {*ELEMENT_CHECKS, *ROW_CHECKS} == set(CHECKS)


def test_severities_come_from_the_feed_by_rule_or_target():
    frame = items(title=["long title", "ok"])
    requirements = demand("title", max_length=5)

    def outcome(severity):
        found = run(frame, requirements, severity)
        return found.frame["title"].to_list(), [c.severity for c in found.report]

    assert outcome({}) == (["ok"], ["error"])
    assert outcome({"title.max_length": "warning"}) == (["long title", "ok"], ["warning"])
    assert outcome({"title": "warning"}) == (["long title", "ok"], ["warning"])
    assert outcome({"title.max_length": "drop_value"}) == ([None, "ok"], ["drop_value"])
    assert outcome({"title.max_length": "off"}) == (["long title", "ok"], [])


def test_a_dropped_value_that_is_required_costs_the_item():
    requirements = demand("gtin", kind="gtin", need="required")

    found = run(items(gtin=["4006381333931", "1"]), requirements, {"gtin.digits": "drop_value"})

    assert found.frame["gtin"].to_list() == ["4006381333931"]
    assert [(c.rule, c.severity, c.count) for c in found.report] == [
        ("gtin.digits", "drop_value", 1),
        ("gtin.required", "error", 1),
    ]
    assert (found.errors, found.warnings) == (1, 1)


def test_of_a_list_only_the_bad_elements_are_dropped():
    frame = items(images=[["https://a/1", "x", "https://a/2"], ["x"]])
    requirements = demand("images", kind="url", max_items=1)
    dropping = {"images.format": "drop_value", "images.max_items": "drop_value"}

    found = run(frame, requirements, dropping)

    assert found.frame["images"].to_list() == [["https://a/1"], None]


def test_hold_group_keeps_the_whole_style_back():
    frame = items(style=["s", "s", "t", None, None], title=[None, "x", "x", None, "x"])
    requirements = demand("title", need="required")
    hold = {"title.required": "hold_group"}

    by_target = run(frame, requirements, hold, group="style")
    by_series = run(frame, requirements, hold, group=frame["style"])
    alone = run(frame, requirements, hold)

    for found in (by_target, by_series):
        assert found.frame["id"].to_list() == ["item-2", "item-4"]
        assert found.dropped.to_list() == ["item-0", "item-3"]
        assert found.held.to_list() == ["item-1"]
        assert found.kept.to_list() == [2, 4]
    assert alone.held.to_list() == []
    assert by_target.errors == 2


def test_reports_have_counts_examples_words_and_what_was_meant():
    frame = items(availability=["in stock"] * 30 + ["in_stock"] * 5)

    (count,) = run(frame, demand("availability", enumeration=("in_stock", "preorder"))).report

    assert (count.rule, count.target, count.severity, count.count) == (
        "availability.enumeration",
        "availability",
        "error",
        30,
    )
    assert len(count.examples) == EXAMPLES
    assert count.examples[0].item == "item-0"
    assert count.examples[0].message == (
        'availability is "in stock", which is not one of in_stock, preorder; did you mean in_stock?'
    )
    assert count.mend == "Add a lookup step to the mapping of availability"
    assert count.as_json()["examples"][0]["value"] == "in stock"


def test_values_with_braces_do_no_harm_to_messages():
    (count,) = run(items(value=["{nope}"]), demand("value", kind="url")).report

    assert "{nope}" in count.examples[0].message


def test_violations_name_item_target_rule_severity_and_value():
    found = run(items(value=["x" * 300]), demand("value", max_length=1))

    assert found.violations.rows() == [("item-0", "value", "value.max_length", "error", "x" * 200)]


def test_what_a_lookup_lacks_is_reported_and_its_column_taken_off():
    frame = items(colour=["Jet", None]).with_columns(
        pl.Series(UNMAPPED + "colour", [None, "oxblood"])
    )

    found = run(frame, Requirements())
    strict = run(frame, Requirements(), {"colour.unmapped": "error"})

    assert found.frame.columns == ["id", "colour"]
    assert found.frame.height == 2
    assert [(c.rule, c.severity, c.count) for c in found.report] == [
        ("colour.unmapped", "warning", 1)
    ]
    assert found.report[0].examples[0].value == "oxblood"
    assert strict.frame["id"].to_list() == ["item-0"]


def test_an_empty_frame_is_checked_too():
    found = run(items(title=[]), demand("title", need="required", unique=True, kind="url"))

    assert found.frame.height == 0
    assert found.report == ()
    assert found.violations.height == 0


@pytest.mark.parametrize("code", ["google_merchant", "csv_feed", "json_lines"])
def test_the_rules_of_every_exporter_can_be_checked(code):
    exporter = load_exporters()[code]
    requirements = exporter.requirements(exporter.options())
    targets = [each.target for each in requirements.targets] or ["title"]
    frame = pl.DataFrame({t: ["x", None] for t in dict.fromkeys(["id", *targets])})

    found = run(frame, requirements)

    assert found.report
    assert all(each.mend and each.examples[0].message for each in found.report)
