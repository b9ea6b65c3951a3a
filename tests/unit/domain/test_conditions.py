from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pim.domain.conditions import (
    EVERYTHING,
    KERNEL,
    OPERATORS,
    All,
    Any_,
    Leaf,
    ProductView,
    evaluate,
    kind_of,
    leaves,
    parse,
    resolve_day,
    resolve_moment,
    to_document,
)
from pim.errors import Refused
from tests.factories.structure import footwear

STRUCTURE = footwear()
NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

BOOT = ProductView(
    level="variant",
    identifier="BOOT-36",
    uuid="25566245-55c3-42ce-86d9-8610ac459fa8",
    family="Shoes",
    family_variant="shoes_by_color_and_size",
    parent="boot",
    categories=frozenset({"boots", "winter"}),
    created=datetime(2026, 3, 20, 23, 30, tzinfo=UTC),
    updated=datetime(2026, 3, 30, tzinfo=UTC),
    change_sets=frozenset({7}),
    completeness={("web", "en_GB"): 80, ("web", "de_DE"): 100},
    values={
        "name": {"<all>": {"en_GB": "Straßen-Boot Größe"}},
        "waterproof": {"<all>": {"<all>": False}},
        "launch": {"<all>": {"<all>": "2026-03-21"}},
        "heel_height": {"<all>": {"<all>": "12.5"}},
        "color": {"<all>": {"<all>": "Dark_Blue"}},
        "materials": {"<all>": {"<all>": ["Leather", "Suede"]}},
        "weight": {"<all>": {"<all>": {"amount": "1500", "unit": "GRAM"}}},
        "list_price": {"web": {"<all>": {"EUR": "120", "GBP": "99.5"}}},
        "picture": {"<all>": {"<all>": "a/" + "0a" * 20 + "_Front.jpg"}},
        "matching_bag": {"<all>": {"<all>": {"type": "product", "identifier": "BAG-1"}}},
    },
)
BARE = ProductView(identifier="bare", enabled=False)
MODEL = ProductView(level="model", identifier="boot", family="Shoes", enabled=None)


def holds(document: Any, product: ProductView = BOOT) -> bool:
    return evaluate(parse(document, STRUCTURE), product, STRUCTURE, NOW)


def leaf(field: str, operator: str, value: Any = None, **address: str) -> dict[str, Any]:
    document = {"field": field, "operator": operator, **address}
    return document if value is None else {**document, "value": value}


@pytest.mark.parametrize(
    ("document", "boot", "bare"),
    [
        # text: in lower case; comparisons ask about products that have a value
        (leaf("name", "CONTAINS", "GRÖSSE", locale="en_GB"), False, False),
        (leaf("name", "CONTAINS", "GRÖß", locale="en_gb"), True, False),
        (leaf("name", "STARTS WITH", "straßen", locale="en_GB"), True, False),
        (leaf("name", "DOES NOT CONTAIN", "boot", locale="en_GB"), False, False),
        (leaf("name", "DOES NOT CONTAIN", "shoe", locale="en_GB"), True, False),
        (leaf("name", "!=", "shoe", locale="en_GB"), True, False),
        (leaf("name", "NOT IN", ["shoe"], locale="en_GB"), True, False),
        (leaf("name", "EMPTY", locale="en_GB"), False, True),
        (leaf("name", "EMPTY", locale="de_DE"), True, True),
        (leaf("identifier", "IN", ["boot-36", "x"]), True, False),
        (leaf("sku", "=", "BOOT-36"), True, False),
        (leaf("uuid", "=", "25566245-55C3-42CE-86D9-8610AC459FA8"), True, False),
        # numbers, measures, prices
        (leaf("heel_height", "BETWEEN", ["12.5", 13]), True, False),
        (leaf("heel_height", "NOT BETWEEN", [1, 2]), True, False),
        (leaf("heel_height", "!=", "12.50"), False, False),
        (leaf("heel_height", "<", 100), True, False),
        (leaf("weight", "=", {"amount": "1.5", "unit": "kilogram"}), True, False),
        (leaf("weight", ">", {"amount": 53, "unit": "OUNCE"}), False, False),
        (
            leaf("list_price", "<=", {"amount": "99.50", "currency": "gbp"}, scope="WEB"),
            True,
            False,
        ),
        (leaf("list_price", "<", {"amount": 1000, "currency": "JPY"}, scope="web"), False, False),
        (leaf("list_price", "NOT EMPTY", scope="web"), True, False),
        # dates
        (leaf("launch", "SINCE LAST N DAYS", 10), True, False),
        (leaf("launch", "<", "-10 days"), False, False),
        (leaf("launch", ">", "-1 month"), True, False),
        (leaf("created", "=", "2026-03-20"), True, False),
        (leaf("created", "!=", "2026-03-20"), False, False),
        (leaf("created", "<=", "2026-03-20"), True, False),
        (leaf("created", ">", "2026-03-20"), False, False),
        (leaf("created", "BETWEEN", ["2026-03-19", "2026-03-20"]), True, False),
        (leaf("created", "<", "2026-03-21T00:00:00+01:00"), False, False),
        (leaf("updated", "SINCE LAST N DAYS", "2"), True, False),
        # choices
        (leaf("waterproof", "=", value=False), True, False),
        (leaf("waterproof", "!=", value=True), True, False),
        (leaf("color", "=", "dark_blue"), True, False),
        (leaf("color", "NOT IN", ["Red"]), True, False),
        (leaf("materials", "IN", ["suede", "Rubber"]), True, False),
        (leaf("materials", "NOT IN", ["Rubber"]), True, False),
        (leaf("picture", "STARTS WITH", "front"), True, False),
        (leaf("matching_bag", "IN", ["bag-1"]), True, False),
        # what a product belongs to: NOT IN holds for one that belongs nowhere
        (leaf("family", "IN", ["shoes"]), True, False),
        (leaf("family", "NOT IN", ["Bags"]), True, True),
        (leaf("family", "!=", "shoes"), False, True),
        (leaf("family", "EMPTY"), False, True),
        (leaf("parent", "=", "BOOT"), True, False),
        (leaf("level", "=", "variant"), True, False),
        (leaf("groups", "NOT IN", ["promo"]), True, True),
        (leaf("categories", "IN", ["men"]), False, False),
        (leaf("categories", "IN CHILDREN", ["MEN"]), True, False),
        (leaf("categories", "NOT IN CHILDREN", ["master"]), False, True),
        (leaf("categories", "UNCLASSIFIED"), False, True),
        (leaf("categories", "IN OR UNCLASSIFIED", ["women"]), False, True),
        # status, completeness, change sets
        (leaf("enabled", "=", value=True), True, False),
        (leaf("completeness", "=", 100, scope="web", locale="de_DE"), True, False),
        (leaf("completeness", "<", 100, scope="web"), True, False),
        (leaf("completeness", "<", 100, scope="print"), False, False),
        (leaf("change_set", "=", 7), True, False),
        # the tree
        ({}, True, True),
        ({"all": []}, True, True),
        ({"any": []}, False, False),
        ({"not": leaf("name", "=", "shoe", locale="en_GB")}, True, True),
        (
            {"any": [leaf("enabled", "=", value=False), leaf("level", "=", "variant")]},
            True,
            True,
        ),
    ],
)
def test_conditions_mean_what_their_words_say(document: Any, boot: bool, bare: bool) -> None:
    assert (holds(document), holds(document, BARE)) == (boot, bare)


def test_a_model_is_neither_enabled_nor_disabled() -> None:
    assert not holds(leaf("enabled", "=", value=True), MODEL)
    assert not holds(leaf("enabled", "!=", value=True), MODEL)


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        (leaf("colour", "=", "x"), "unknown_field", "field"),
        (leaf("color", "LIKE", "x"), "unknown_operator", "operator"),
        (leaf("color", "CONTAINS", "x"), "unknown_operator", "operator"),
        (leaf("color", "IN", ["Red", "blu"]), "unknown_option", "value[1]"),
        (leaf("color", "IN", "Red"), "wrong_type", "value"),
        (leaf("name", "=", "x"), "missing_locale", "locale"),
        (leaf("name", "=", "x", locale="fr_FR"), "unknown_locale", "locale"),
        (leaf("name", "=", "x", locale="en_GB", scope="web"), "scope_not_allowed", "scope"),
        (leaf("name", "=", 12, locale="en_GB"), "wrong_type", "value"),
        (leaf("name", "=", "", locale="en_GB"), "empty_value", "value"),
        (leaf("kanji", "=", "x", locale="en_GB"), "unknown_locale", "locale"),
        (leaf("list_price", "EMPTY"), "missing_scope", "scope"),
        (leaf("list_price", "EMPTY", scope="fax"), "unknown_scope", "scope"),
        (leaf("heel_height", "<", "12,5"), "wrong_type", "value"),
        (leaf("heel_height", "BETWEEN", [1]), "wrong_type", "value"),
        (leaf("weight", "<", {"amount": 1, "unit": "CELSIUS"}), "unknown_unit", "value.unit"),
        (
            leaf("price", "<", {"amount": 1, "currency": "USD"}),
            "inactive_currency",
            "value.currency",
        ),
        (leaf("price", "<", 12), "wrong_type", "value"),
        (leaf("launch", "<", "next week"), "not_a_date", "value"),
        (leaf("created", "SINCE LAST N DAYS", "-1"), "wrong_type", "value"),
        (leaf("enabled", "=", "yes"), "wrong_type", "value"),
        (leaf("enabled", "=", value=True, scope="web"), "scope_not_allowed", "scope"),
        (leaf("family", "=", "Hats"), "unknown_code", "value"),
        (leaf("level", "=", "style"), "unknown_level", "value"),
        (leaf("uuid", "=", "x"), "not_a_uuid", "value"),
        (leaf("completeness", "<", 50), "missing_scope", "scope"),
        (leaf("completeness", "<", 101, scope="web"), "wrong_type", "value"),
        (leaf("completeness", "<", 50, scope="print", locale="de_DE"), "unknown_locale", "locale"),
        (leaf("categories", "UNCLASSIFIED", ["men"]), "value_not_allowed", "value"),
        ({**leaf("enabled", "=", value=True), "vlaue": 1}, "unknown_key", "vlaue"),
        ({"all": {}}, "wrong_type", "all"),
        ({"any": [{"not": 1}]}, "wrong_type", "any[0].not"),
        ({"every": []}, "not_a_condition", ""),
        ({"view": "future", "all": []}, "unknown_view", "view"),
        ("name = x", "wrong_type", ""),
    ],
)
def test_mistakes_are_named_at_their_place(document: Any, code: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document, STRUCTURE)
    assert [(v.code, v.path) for v in refused.value.violations] == [(code, path)]
    assert all(v.text and v.mend_text for v in refused.value.violations)


def test_all_mistakes_are_named_at_once_below_the_path_of_the_caller() -> None:
    with pytest.raises(Refused) as refused:
        parse({"all": [leaf("x", "="), leaf("color", "=", "y")]}, STRUCTURE, path="where")
    paths = [violation.path for violation in refused.value.violations]
    assert paths == ["where.all[0].field", "where.all[1].value"]


def test_the_likeliest_field_is_suggested() -> None:
    with pytest.raises(Refused) as refused:
        parse(leaf("colour", "=", "x"), STRUCTURE)
    assert refused.value.violations[0].mend_text == 'Did you mean "color"?'


def test_conditions_nested_too_deep_are_refused() -> None:
    document: dict[str, Any] = leaf("family", "EMPTY")
    for _ in range(10_000):
        document = {"not": document}
    with pytest.raises(Refused) as refused:
        parse(document, STRUCTURE)
    assert refused.value.violations[0].code == "too_deep"


def test_shorthands_become_operators_of_the_kernel() -> None:
    condition = parse(
        {
            "view": "effective",
            "all": [
                leaf("color", "=", "red"),
                leaf("heel_height", "not between", [1, "2.0"]),
                leaf("updated", "SINCE LAST N DAYS", 3),
            ],
        },
        STRUCTURE,
    )
    assert condition.view == "effective"
    assert condition.root == All(
        (
            Leaf(field="color", operator="IN", value=["Red"]),
            Any_(
                (
                    Leaf(field="heel_height", operator="<", value="1"),
                    Leaf(field="heel_height", operator=">", value="2"),
                )
            ),
            Leaf(field="updated", operator=">=", value="-3 days"),
        )
    )


def test_without_a_structure_attributes_are_taken_as_written() -> None:
    condition = parse(leaf("whatever", "=", "x", locale="xx"))
    assert condition.root == Leaf(field="whatever", operator="=", value="x", locale="xx")


def test_nothing_asked_holds_for_everything() -> None:
    nothings: list[Any] = [None, {}, []]
    assert [parse(nothing, STRUCTURE).root for nothing in nothings] == [EVERYTHING] * 3
    assert parse({"view": "base"}).view == "base"


@pytest.mark.parametrize("kind", list(OPERATORS))
def test_every_operator_of_a_kind_leads_to_its_kernel(kind: Any) -> None:
    field = next(
        name
        for name in ["identifier", "created", *(a.code for a in STRUCTURE.attributes), "uuid",
                     "family", "family_variant", "parent", "level", "categories", "groups",
                     "enabled", "completeness", "change_set", "rejected_by"]
        if kind_of(name, STRUCTURE) == kind
    )  # fmt: skip
    value = {
        "number": 1, "metric": {"amount": 1, "unit": "GRAM"}, "options": "red",
        "price": {"amount": 1, "currency": "EUR"}, "date": "now", "boolean": True,
        "uuid": "25566245-55c3-42ce-86d9-8610ac459fa8", "family": "shoes", "level": "model",
        "family_variant": "shoes_by_color_and_size", "categories": "men", "groups": "promo",
        "enabled": True, "completeness": 5, "moment": "now", "change_set": 1,
    }.get(kind, "x")  # fmt: skip
    address = {"scope": "web"} if kind == "completeness" else {}
    if field == "name":
        address = {"locale": "en_GB"}
    for operator in OPERATORS[kind]:
        given: Any = {"SINCE LAST N DAYS": 2, "EMPTY": None, "NOT EMPTY": None}.get(operator, value)
        if "BETWEEN" in operator:
            given = [value, value]
        elif operator in ("IN", "NOT IN") or "IN " in operator:
            given = [value]
        elif operator == "UNCLASSIFIED":
            given = None
        condition = parse(leaf(field, operator, given, **address), STRUCTURE)
        assert {node.operator for node in leaves(condition.root)} <= set(KERNEL[kind])
        assert parse(to_document(condition), STRUCTURE) == condition
        assert evaluate(condition, BOOT, STRUCTURE, NOW) in (True, False)


def test_relative_moments_follow_the_clock_of_the_reading() -> None:
    assert resolve_moment("-10 days", NOW) == datetime(2026, 3, 21, 12, tzinfo=UTC)
    assert resolve_day("now", NOW).isoformat() == "2026-03-31"
    assert resolve_moment("2026-03-01T00:00:00+00:00", NOW).day == 1
