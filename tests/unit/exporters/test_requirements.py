"""Requirements as data: what TOML says becomes rules with stable codes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exporters.contract import (
    CHECKS,
    Requirements,
    base_target,
    parse_requirements,
    parse_target_condition,
)
from pim.domain.conditions import All, Any_, Leaf, Not

DOCUMENT = {
    "source": "https://example.com/spec",
    "defaults": {"control_characters": False},
    "targets": {
        "id": {"need": "required", "unique": True, "max_length": 50},
        "name": {
            "need": "recommended",
            "max_length": 60,
            "unit": "bytes",
            "severities": {"max_length": "warning"},
            "source": "https://example.com/name",
        },
        "price": {"kind": "price", "above": "0", "maximum": "99999.99"},
        "weight": {"kind": "measure", "units": ["kg", "g"]},
        "ean": {
            "kind": "gtin",
            "lengths": [13],
            "required_when": {"target": "brand", "operator": "!=", "value": "own"},
            "reason": "brands of others",
        },
        "detail.name": {"max_length": 20},
    },
    "relations": [
        {"code": "sale.below_price", "less_than": ["sale", "price"], "severity": "warning"},
        {"code": "ean.or_mpn", "one_of": ["ean", "mpn"]},
        {
            "code": "group.variants_differ",
            "distinct_within": ["size", "colour"],
            "target": "group",
            "group": "group",
        },
    ],
}


@pytest.fixture
def requirements() -> Requirements:
    return parse_requirements(DOCUMENT)


def rule(requirements: Requirements, code: str):
    (found,) = [each for each in requirements.rules() if each.code == code]
    return found


def test_each_limit_becomes_a_rule_with_a_code_of_its_own(requirements):
    assert [each.code for each in requirements.rules()] == [
        "id.required",
        "id.max_length",
        "id.unique",
        "id.control_characters",
        "name.recommended",
        "name.max_length",
        "name.control_characters",
        "price.format",
        "price.above",
        "price.maximum",
        "price.control_characters",
        "weight.format",
        "weight.control_characters",
        "ean.required_when",
        "ean.digits",
        "ean.check_digit",
        "ean.control_characters",
        "detail.name.max_length",
        "detail.name.control_characters",
        "sale.below_price",
        "ean.or_mpn",
        "group.variants_differ",
    ]


def test_severity_is_the_rules_own_then_the_targets_then_mild_where_nothing_is_lost(requirements):
    assert rule(requirements, "id.max_length").severity == "error"
    assert rule(requirements, "name.max_length").severity == "warning"
    assert rule(requirements, "name.recommended").severity == "warning"
    assert rule(requirements, "id.control_characters").severity == "warning"
    assert rule(requirements, "sale.below_price").severity == "warning"


def test_limits_are_decimals_and_lengths_name_their_unit(requirements):
    assert rule(requirements, "price.maximum").parameters == {"limit": Decimal("99999.99")}
    assert rule(requirements, "name.max_length").parameters == {"limit": 60, "unit": "bytes"}
    assert rule(requirements, "ean.digits").parameters == {"lengths": (13,)}


def test_units_narrow_the_format_of_a_measure(requirements):
    parameters = rule(requirements, "weight.format").parameters
    assert parameters["pattern"].endswith(" (?:kg|g)$")
    assert parameters["expected"] == "a number, a space and one of kg, g"


def test_a_source_is_the_targets_own_or_that_of_all(requirements):
    assert rule(requirements, "name.max_length").source == "https://example.com/name"
    assert rule(requirements, "sale.below_price").source == "https://example.com/spec"


def test_only_the_conditional_rule_carries_the_condition(requirements):
    condition = Leaf(field="brand", operator="!=", value="own")
    assert rule(requirements, "ean.required_when").when == condition
    assert rule(requirements, "ean.digits").when is None


def test_mapped_targets_bring_their_rules_and_required_ones_come_unasked(requirements):
    codes = [each.code for each in requirements.rules_for(["price"])]
    assert codes == [
        "price.format",
        "price.above",
        "price.maximum",
        "price.control_characters",
        "id.required",
        "ean.required_when",
        "sale.below_price",
        "ean.or_mpn",
    ]


def test_numbered_groups_share_rules_and_keep_their_columns(requirements):
    found = requirements.rules_for(["detail.1.name", "detail.2.name"])
    lengths = [(each.code, each.target) for each in found if each.check == "max_length"]
    assert lengths == [
        ("detail.name.max_length", "detail.1.name"),
        ("detail.name.max_length", "detail.2.name"),
    ]


def test_a_relation_blames_its_first_target_unless_told(requirements):
    assert rule(requirements, "sale.below_price").target == "sale"
    assert rule(requirements, "group.variants_differ").target == "group"
    assert rule(requirements, "group.variants_differ").parameters["group"] == "group"


def test_what_a_mapping_leaves_out_is_named(requirements):
    assert [each.target for each in requirements.unmapped(["id"])] == ["name"]


def test_every_message_can_be_filled_from_its_rule(requirements):
    for each in requirements.rules():
        known = {**each.parameters, "target": each.target, "value": "x"}
        assert "{" not in each.message.format_map(known)
        assert "{" not in each.mend.format_map(known)


def test_choices_read_as_a_list_in_messages():
    requirements = parse_requirements({"targets": {"a": {"enumeration": ["x", "y"]}}})
    found = rule(requirements, "a.enumeration")
    words = found.message.format_map({**found.parameters, "target": "a", "value": "z"})
    assert words == 'a is "z", which is not one of x, y'


def test_every_check_has_words():
    assert all(doc.meaning and doc.message and doc.mend for doc in CHECKS.values())


@pytest.mark.parametrize(
    "document",
    [
        {"targets": {"id": {"max_lenght": 50}}},
        {"targets": {}, "relations": [{"code": "a.b"}]},
        {"targets": {}, "relations": [{"code": "a.b", "one_of": ["a"], "all_or_none": ["a"]}]},
        {"targets": {"id": {"required_when": {"target": "a", "operator": "~"}}}},
    ],
)
def test_a_rule_is_never_lost_to_a_typing_slip(document):
    with pytest.raises((TypeError, ValueError)):
        parse_requirements(document)


def test_conditions_nest():
    leaf = {"target": "a", "operator": "IN", "value": ["x", "y"]}
    parsed = Leaf(field="a", operator="IN", value=("x", "y"))
    document = {"all": [leaf, {"any": [leaf]}, {"not": leaf}]}
    assert parse_target_condition(document) == All((parsed, Any_((parsed,)), Not(parsed)))


def test_numbers_in_a_target_are_its_repetition():
    assert base_target("product_detail.2.attribute_name") == "product_detail.attribute_name"
    assert base_target("custom_label_0") == "custom_label_0"
