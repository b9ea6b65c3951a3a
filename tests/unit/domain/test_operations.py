from __future__ import annotations

from typing import Any

import pytest

from pim.domain.attribute_types import Checked
from pim.domain.operations import (
    OPERATIONS,
    CellOperation,
    Dissociate,
    EntityOperation,
    EntityState,
    LinkOperation,
    SetFamily,
    apply_to,
    cells,
    parse,
    to_documents,
)
from pim.domain.values import Cell
from pim.errors import Refused
from tests.factories.structure import footwear

STRUCTURE = footwear()

VALUES = {
    "name": {"<all>": {"en_GB": "Foo foo Food", "de_DE": "Stiefel"}},
    "price": {"<all>": {"<all>": {"EUR": "123.45", "GBP": "99.5"}}},
    "list_price": {"print": {"<all>": {"JPY": "1005"}}},
    "heel_height": {"<all>": {"<all>": "12.5"}},
    "pieces": {"<all>": {"<all>": "3"}},
    "weight": {"<all>": {"<all>": {"amount": "1.5", "unit": "KILOGRAM"}}},
    "materials": {"<all>": {"<all>": ["Leather", "Suede"]}},
    "gallery": {"<all>": {"<all>": ["b.png", "a.png"]}},
    "color": {"<all>": {"<all>": "Dark_Blue"}},
}


def operation(**document: Any) -> CellOperation:
    (found,) = parse([document], STRUCTURE)
    assert isinstance(found, CellOperation)
    return found


def outcome(cell: Cell | None = None, /, **document: Any) -> Checked:
    found = operation(**document)
    return apply_to(found, cell or cells(found, STRUCTURE)[0], VALUES, STRUCTURE)


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ({"type": "set", "field": "COLOR", "value": "red"}, "Red"),
        ({"type": "set", "field": "color", "value": "red", "only_empty": True}, "Dark_Blue"),
        ({"type": "set", "field": "fabric", "value": "denim", "only_empty": True}, "Denim"),
        ({"type": "clear", "field": "color"}, None),
        (
            {"type": "add", "field": "materials", "items": ["rubber", "suede"]},
            ["Leather", "Rubber", "Suede"],
        ),
        ({"type": "remove", "field": "materials", "items": ["Leather"]}, ["Suede"]),
        ({"type": "remove", "field": "materials", "items": ["leather", "suede"]}, None),
        ({"type": "add", "field": "gallery", "items": ["c.png"]}, ["b.png", "a.png", "c.png"]),
        (
            {"type": "add", "field": "price", "items": {"EUR": "100.00"}},
            {"EUR": "100", "GBP": "99.5"},
        ),
        ({"type": "remove", "field": "price", "items": ["gbp"]}, {"EUR": "123.45"}),
        ({"type": "calculate", "field": "heel_height", "percent": -20}, "10"),
        ({"type": "calculate", "field": "heel_height", "add": "0.00005"}, "12.50005"),
        (
            {"type": "calculate", "field": "price", "percent": "-20"},
            {"EUR": "98.76", "GBP": "79.6"},
        ),
        (
            {"type": "calculate", "field": "price", "percent": -20, "currency": "eur"},
            {"EUR": "98.76", "GBP": "99.5"},
        ),
        (
            {
                "type": "calculate",
                "field": "price",
                "multiply": "0.5",
                "round": {"ending": "0.99", "direction": "down"},
            },
            {"EUR": "60.99", "GBP": "48.99"},
        ),
        (
            {"type": "calculate", "field": "price", "multiply": 1, "round": {"to": "0.1"}},
            {"EUR": "123.5", "GBP": "99.5"},
        ),
        (
            {"type": "calculate", "field": "list_price", "scope": "print", "percent": "10"},
            {"JPY": "1106"},
        ),
        (
            {"type": "calculate", "field": "weight", "add": 1},
            {"amount": "2.5", "unit": "KILOGRAM"},
        ),
        (
            {"type": "replace_text", "field": "name", "search": "foo", "replace": "bar"},
            "Foo bar Food",
        ),
        (
            {
                "type": "replace_text",
                "field": "name",
                "search": "foo",
                "replace": r"\1$&",
                "ignore_case": True,
                "whole_word": True,
            },
            r"\1$& \1$& Food",
        ),
        (
            {
                "type": "replace_text",
                "field": "name",
                "search": "(f)oo(?=d)",
                "replace": r"\1ee",
                "regex": True,
                "ignore_case": True,
            },
            "Foo foo Feed",
        ),
        (
            {"type": "replace_text", "field": "name", "search": ".*", "replace": "", "regex": True},
            None,
        ),
    ],
)
def test_operations_compute_new_data(document: dict[str, Any], data: Any) -> None:
    if document["field"] == "name":
        document = {**document, "locale": "en_GB"}
    assert outcome(**document) == Checked(data, [])


@pytest.mark.parametrize(
    ("old", "document", "data"),
    [
        ("Boot", {"type": "prefix", "text": "Sale: "}, "Sale: Boot"),
        ("Boot", {"type": "append", "text": " | sale "}, "Boot | sale "),
        (None, {"type": "prefix", "text": "Sale"}, None),
        ("CHELSEA boot", {"type": "change_case", "to": "title"}, "Chelsea Boot"),
        ("straße", {"type": "change_case", "to": "upper"}, "STRASSE"),
        (None, {"type": "change_case", "to": "upper"}, None),
        ("\u00a0 Boot \u200b", {"type": "trim"}, "Boot"),
        ("  a \u00a0 b\tc ", {"type": "trim"}, "a \u00a0 b\tc"),
        ("  a \u00a0 b\tc ", {"type": "trim", "inner": True}, "a b c"),
        ("a  \n  b\u00a0c \r\n\n d", {"type": "trim", "inner": True}, "a\n b\u00a0c\r\n\n d"),
        (" \u2060\n", {"type": "trim"}, None),
    ],
)
def test_operations_on_text_change_each_text(
    old: str | None, document: dict[str, Any], data: str | None
) -> None:
    found = operation(**document, field="name", locale="de_DE")
    values = {"name": {"<all>": {"de_DE": old}}} if old else {}
    assert apply_to(found, Cell("name", "<all>", "de_DE"), values, STRUCTURE) == Checked(data, [])


@pytest.mark.parametrize(
    ("old", "shift", "new"),
    [
        ("2026-01-31", {"months": 1}, "2026-02-28"),
        ("2024-01-31", {"months": 1, "days": 1}, "2024-03-01"),
        ("2026-03-01", {"days": -1}, "2026-02-28"),
        ("2026-12-15", {"months": -12}, "2025-12-15"),
        (None, {"days": 1}, None),
    ],
)
def test_dates_are_shifted_by_months_and_then_by_days(
    old: str | None, shift: dict[str, int], new: str | None
) -> None:
    found = operation(type="shift_date", field="launch", **shift)
    values = {"launch": {"<all>": {"<all>": old}}} if old else {}
    assert apply_to(found, Cell("launch"), values, STRUCTURE) == Checked(new, [])


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        ({"months": 4_000_000}, "outside_calendar"),
        ({"days": -4_000_000}, "outside_calendar"),
        ({"months": 120}, "too_late"),
    ],
)
def test_a_date_that_leaves_calendar_or_range_stays_with_a_reason(
    shift: dict[str, int], code: str
) -> None:
    found = operation(type="shift_date", field="launch", **shift)
    values = {"launch": {"<all>": {"<all>": "2026-01-31"}}}
    checked = apply_to(found, Cell("launch"), values, STRUCTURE)
    assert [(v.code, v.path) for v in checked.violations] == [(code, "launch")]


def test_copy_takes_the_value_of_another_cell() -> None:
    copy = {"type": "copy", "from_field": "name", "from_locale": "en_GB"}
    there = {**copy, "to_field": "name", "to_locale": "de_DE"}
    assert outcome(**there).data == "Foo foo Food"
    across = {**copy, "to_field": "description", "to_scope": "*", "to_locale": "*"}
    assert outcome(**across).data == "Foo foo Food"


def test_copy_with_a_star_takes_each_cell_from_its_own_locale() -> None:
    copy = {
        "type": "copy",
        "from_field": "name",
        "from_locale": "*",
        "to_field": "description",
        "to_scope": "web",
        "to_locale": "*",
    }
    copied = {
        cell.locale: outcome(cell, **copy).data for cell in cells(operation(**copy), STRUCTURE)
    }
    assert copied == {"en_GB": "Foo foo Food", "de_DE": "Stiefel"}


def test_copy_turns_one_choice_into_several_and_numbers_into_text() -> None:
    numbers = {
        "type": "copy",
        "from_field": "heel_height",
        "to_field": "name",
        "to_locale": "en_GB",
    }
    assert outcome(**numbers).data == "12.5"
    color = {"type": "copy", "from_field": "color", "to_field": "materials"}
    assert [violation.code for violation in outcome(**color).violations] == ["unknown_option"]


def test_copy_from_an_empty_cell_changes_nothing() -> None:
    assert outcome(type="copy", from_field="pieces", to_field="pieces").data == "3"
    assert outcome(type="copy", from_field="balance", to_field="heel_height").data == "12.5"


def test_scopes_and_locales_expand_to_the_cells_that_exist() -> None:
    everywhere = operation(
        type="set", field="description", value="x", scope="*", locale=["EN_gb", "de_DE"]
    )
    assert cells(everywhere, STRUCTURE) == [
        Cell("description", "web", "en_GB"),
        Cell("description", "web", "de_DE"),
        Cell("description", "print", "en_GB"),
    ]
    assert cells(operation(type="clear", field="kanji", locale="*"), STRUCTURE) == [
        Cell("kanji", "<all>", "de_DE")
    ]
    (enable,) = parse([{"type": "enable"}], STRUCTURE)
    assert cells(enable, STRUCTURE) == []


def test_a_result_that_the_attribute_refuses_is_a_violation_of_the_cell() -> None:
    found = outcome(type="calculate", field="heel_height", multiply=100)
    assert [(v.code, v.path) for v in found.violations] == [("too_large", "heel_height")]
    ending = {"ending": "0.99"}
    found = outcome(type="calculate", field="list_price", scope="print", percent=-10, round=ending)
    assert [(v.code, v.path) for v in found.violations] == [
        ("currency_decimals", "list_price-print-JPY")
    ]
    found = outcome(
        type="replace_text", field="name", locale="en_GB", search="foo", replace="o" * 40
    )
    assert [(v.code, v.path) for v in found.violations] == [("too_long", "name-en_GB")]


def test_empty_cells_stay_empty_under_arithmetic_and_replacement() -> None:
    assert outcome(type="calculate", field="balance", add=1).data is None
    empty = Cell("description", "web", "en_GB")
    replace = {"type": "replace_text", "field": "description", "search": "a", "replace": "b"}
    assert outcome(empty, **replace, scope="*", locale="*").data is None


def test_categories_are_added_removed_and_moved_within_their_tree() -> None:
    state = EntityState(categories=frozenset({"boots", "women", "winter"}))

    def after(**document: Any) -> set[str]:
        (found,) = parse([{"type": "categorize", **document}], STRUCTURE)
        assert isinstance(found, EntityOperation)
        return set(found.change(state, STRUCTURE).categories)

    assert after(add=["MEN"]) == {"boots", "women", "winter", "men"}
    assert after(remove=["women", "men"]) == {"boots", "winter"}
    assert after(move=["men"]) == {"men", "winter"}
    assert after(move=["men"], add=["sales"], remove=["winter"]) == {"men", "sales"}


def test_the_status_of_products_is_switched_and_models_have_none() -> None:
    enable, disable = parse([{"type": "enable"}, {"type": "disable"}], STRUCTURE)
    assert isinstance(enable, EntityOperation)
    assert isinstance(disable, EntityOperation)
    assert disable.change(EntityState(enabled=True), STRUCTURE).enabled is False
    assert enable.change(EntityState(enabled=False), STRUCTURE).enabled is True
    assert disable.change(EntityState(enabled=None), STRUCTURE).enabled is None


def test_groups_are_set_added_and_removed_and_models_have_none() -> None:
    def after(held: frozenset[str] | None, /, **document: Any) -> frozenset[str] | None:
        (found,) = parse([{"type": "set_groups", **document}], STRUCTURE)
        assert isinstance(found, EntityOperation)
        return found.change(EntityState(groups=held), STRUCTURE).groups

    assert after(frozenset({"promo"}), groups=["NEW"]) == {"New"}
    assert after(frozenset({"promo"}), groups=[]) == frozenset()
    assert after(frozenset({"promo"}), add=["new"], remove=["promo"]) == {"New"}
    assert after(None, groups=["promo"]) is None


def test_links_come_with_their_quantity_and_go() -> None:
    def after(held: dict[str, Any], **document: Any) -> dict[str, Any]:
        (found,) = parse([document], STRUCTURE)
        assert isinstance(found, LinkOperation)
        return found.linked(held, ["7"])

    link = {"type": "associate", "association": "x_sell", "products": ["a"]}
    assert after({"5": True}, **link) == {"5": True, "7": True}
    pack = {"type": "associate", "association": "PACK", "products": ["a"]}
    assert after({"7": 2}, **pack) == {"7": 1}
    assert after({"7": 2}, **pack, quantity=5) == {"7": 5}
    part = {"type": "dissociate", "association": "PACK", "products": ["a"]}
    assert after({"5": 1, "7": 2}, **part) == {"5": 1}


def test_to_part_without_naming_anything_takes_all_links() -> None:
    (found,) = parse([{"type": "dissociate", "association": "PAIR"}], STRUCTURE)
    assert isinstance(found, Dissociate)
    assert found.every == {"products", "product_models", "groups"}


def test_a_family_tells_which_attributes_it_lacks() -> None:
    bags, none = parse(
        [{"type": "set_family", "family": "bags"}, {"type": "set_family", "family": None}],
        STRUCTURE,
    )
    assert isinstance(bags, SetFamily)
    assert isinstance(none, SetFamily)
    shoes = STRUCTURE.families["Shoes"]
    held = ("name", "color", "gone")
    assert bags.lost(held, shoes, STRUCTURE) == ("color",)
    assert bags.lost(held, None, STRUCTURE) == ("color", "gone")
    assert none.lost(held, shoes, STRUCTURE) == ()


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        ({"type": "sett"}, "unknown_operation", "do[0].type"),
        ({"field": "color"}, "unknown_operation", "do[0].type"),
        (3, "wrong_type", "do[0]"),
        ({"type": "enable", "field": "color"}, "unknown_key", "do[0].field"),
        ({"type": "set", "field": "colr", "value": "Red"}, "unknown_field", "do[0].field"),
        ({"type": "prefix", "field": "color", "text": "x"}, "type_not_allowed", "do[0].field"),
        ({"type": "append", "field": "email", "text": ""}, "wrong_type", "do[0].text"),
        ({"type": "change_case", "field": "email", "to": "Camel"}, "unknown_case", "do[0].to"),
        ({"type": "change_case", "field": "email"}, "unknown_case", "do[0].to"),
        ({"type": "trim", "field": "email", "inner": "yes"}, "wrong_type", "do[0].inner"),
        ({"type": "shift_date", "field": "email", "days": 1}, "type_not_allowed", "do[0].field"),
        ({"type": "shift_date", "field": "launch"}, "empty_value", "do[0].days"),
        ({"type": "set_groups"}, "not_exactly_one", "do[0].groups"),
        ({"type": "set_groups", "groups": [], "add": ["New"]}, "not_exactly_one", "do[0].groups"),
        ({"type": "set_groups", "groups": ["newer"]}, "unknown_code", "do[0].groups[0]"),
        ({"type": "set_groups", "add": "New"}, "wrong_type", "do[0].add"),
        ({"type": "associate", "products": ["a"]}, "unknown_association", "do[0].association"),
        ({"type": "associate", "association": "PAIR"}, "empty_value", "do[0].products"),
        (
            {"type": "associate", "association": "PAIR", "products": ["a"], "quantity": 1},
            "quantity_not_allowed",
            "do[0].quantity",
        ),
        (
            {"type": "associate", "association": "PACK", "products": ["a"], "quantity": 0},
            "wrong_type",
            "do[0].quantity",
        ),
        (
            {"type": "associate", "association": "PACK", "groups": ["New"]},
            "groups_not_allowed",
            "do[0].groups",
        ),
        (
            {"type": "dissociate", "association": "PAIR", "products": "a"},
            "wrong_type",
            "do[0].products",
        ),
        ({"type": "set_family"}, "unknown_family", "do[0].family"),
        ({"type": "set_family", "family": "hats"}, "unknown_family", "do[0].family"),
        ({"type": "set_parent"}, "wrong_type", "do[0].parent"),
        ({"type": "to_simple", "field": "color"}, "unknown_key", "do[0].field"),
        ({"type": "shift_date", "field": "launch", "days": "1"}, "wrong_type", "do[0].days"),
        ({"type": "set", "value": "Red"}, "unknown_field", "do[0].field"),
        ({"type": "set", "field": "sku", "value": "1"}, "identifier_not_allowed", "do[0].field"),
        ({"type": "set", "field": "color", "value": "blu"}, "unknown_option", "do[0].value"),
        ({"type": "set", "field": "color"}, "empty_value", "do[0].value"),
        (
            {"type": "set", "field": "price", "value": {"EUR": "x"}},
            "not_a_number",
            "do[0].value-EUR",
        ),
        (
            {"type": "set", "field": "color", "value": "Red", "only_empty": 1},
            "wrong_type",
            "do[0].only_empty",
        ),
        ({"type": "set", "field": "name", "value": "x"}, "missing_locale", "do[0].locale"),
        (
            {"type": "set", "field": "name", "value": "x", "locale": ["en_GB", "xx"]},
            "unknown_locale",
            "do[0].locale[1]",
        ),
        ({"type": "clear", "field": "color", "scope": "web"}, "scope_not_allowed", "do[0].scope"),
        ({"type": "add", "field": "color", "items": ["Red"]}, "type_not_allowed", "do[0].field"),
        ({"type": "add", "field": "materials", "items": []}, "empty_value", "do[0].items"),
        (
            {"type": "copy", "from_field": "weight", "to_field": "color"},
            "type_not_allowed",
            "do[0].to_field",
        ),
        (
            {
                "type": "copy",
                "from_field": "name",
                "from_locale": ["en_GB"],
                "to_field": "name",
                "to_locale": "de_DE",
            },
            "several_cells",
            "do[0].from_locale",
        ),
        (
            {"type": "calculate", "field": "price", "percent": 1, "add": 1},
            "not_exactly_one",
            "do[0].add",
        ),
        ({"type": "calculate", "field": "color", "add": 1}, "type_not_allowed", "do[0].field"),
        ({"type": "calculate", "field": "price", "add": "1,5"}, "wrong_type", "do[0].add"),
        (
            {"type": "calculate", "field": "price", "add": 1, "currency": "USD"},
            "inactive_currency",
            "do[0].currency",
        ),
        (
            {"type": "calculate", "field": "pieces", "add": 1, "currency": "EUR"},
            "currency_not_allowed",
            "do[0].currency",
        ),
        (
            {"type": "calculate", "field": "price", "add": 1, "round": {"to": 0}},
            "bad_step",
            "do[0].round.to",
        ),
        (
            {
                "type": "calculate",
                "field": "price",
                "add": 1,
                "round": {"to": 1, "direction": "in"},
            },
            "unknown_direction",
            "do[0].round.direction",
        ),
        (
            {"type": "calculate", "field": "price", "add": 1, "round": {"to": 1, "ending": 1}},
            "wrong_type",
            "do[0].round",
        ),
        (
            {"type": "replace_text", "field": "ean", "search": "(", "replace": "", "regex": True},
            "bad_pattern",
            "do[0].search",
        ),
        (
            {"type": "replace_text", "field": "ean", "search": "", "replace": ""},
            "wrong_type",
            "do[0].search",
        ),
        ({"type": "categorize", "add": ["men", "x"]}, "unknown_code", "do[0].add[1]"),
        ({"type": "categorize"}, "empty_value", "do[0].add"),
    ],
)
def test_mistakes_are_named_at_their_place(document: Any, code: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        parse([document], STRUCTURE)
    assert [(v.code, v.path) for v in refused.value.violations] == [(code, path)]
    assert all(v.text and v.mend_text for v in refused.value.violations)


@pytest.mark.parametrize("documents", [[], None, {"type": "enable"}, "enable"])
def test_operations_come_as_a_list(documents: Any) -> None:
    with pytest.raises(Refused):
        parse(documents, STRUCTURE)


def test_documents_of_operations_read_back_as_the_same() -> None:
    documents: list[dict[str, Any]] = [
        {"type": "set", "field": "description", "value": "x", "scope": "*", "locale": ["en_GB"]},
        {"type": "set", "field": "color", "value": "Red", "only_empty": True},
        {"type": "clear", "field": "color"},
        {"type": "add", "field": "materials", "items": ["Leather"]},
        {"type": "remove", "field": "price", "items": ["EUR"]},
        {
            "type": "copy",
            "from_field": "name",
            "from_locale": "en_GB",
            "to_field": "name",
            "to_locale": "de_DE",
        },
        {"type": "replace_text", "field": "ean", "search": "a", "replace": "", "whole_word": True},
        {
            "type": "calculate",
            "field": "price",
            "percent": "-20",
            "currency": "EUR",
            "round": {"ending": "0.99", "direction": "up"},
        },
        {
            "type": "calculate",
            "field": "pieces",
            "add": "1",
            "round": {"to": "5", "direction": "nearest"},
        },
        {"type": "categorize", "add": ["men"], "move": ["sales"]},
        {"type": "enable"},
        {"type": "disable"},
        {"type": "prefix", "field": "name", "text": "Sale ", "locale": "*"},
        {"type": "append", "field": "email", "text": " (sale)"},
        {"type": "change_case", "field": "name", "to": "title", "locale": ["de_DE"]},
        {"type": "trim", "field": "email", "inner": True},
        {"type": "shift_date", "field": "launch", "months": 1, "days": -3},
        {"type": "set_groups", "groups": ["promo"]},
        {"type": "set_groups", "groups": []},
        {"type": "set_groups", "remove": ["promo"], "add": ["New"]},
        {"type": "associate", "association": "X_SELL", "products": ["a"], "groups": ["New"]},
        {"type": "associate", "association": "PACK", "product_models": ["m"], "quantity": 3},
        {"type": "dissociate", "association": "PAIR", "products": ["a", "b"], "groups": "*"},
        {"type": "set_family", "family": "Bags"},
        {"type": "set_family", "family": None},
        {"type": "set_parent", "parent": "derby-black"},
        {"type": "to_simple"},
        {
            "type": "attach_media",
            "field": "picture",
            "pattern": "{style}_{color}.jpg",
            "files": [f"0/a/0/a/{'0a' * 20}_derby_black.jpg"],
            "mode": "replace",
        },
        {"type": "delete"},
        {"type": "restore"},
    ]
    operations = tuple(each for document in documents for each in parse([document], STRUCTURE))
    assert to_documents(operations) == documents
    assert {operation.type for operation in operations} == set(OPERATIONS)
