"""Steps that know numbers, prices, measures, dates, options, categories and groups of items."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from .conftest import make_context, rows


@pytest.mark.parametrize(
    ("amount", "parameters", "expected"),
    [
        ("1234567.5", {}, "1234567.5"),
        ("1234567.5", {"decimals": 2, "sign": ",", "grouping": "."}, "1.234.567,50"),
        ("-1234.005", {"decimals": 2, "grouping": "\u202f"}, "-1\u202f234.01"),
        ("-123", {"grouping": ","}, "-123"),
        ("999.995", {"decimals": 2}, "1000.00"),
        ("0.5", {"decimals": 0}, "1"),
        ("2.5", {"decimals": 0, "direction": "nearest_even"}, "2"),
        ("2.1", {"decimals": 0, "direction": "up"}, "3"),
        ("-0.001", {"decimals": 2}, "0.00"),
    ],
)
def test_number_format(mapped, amount, parameters, expected):
    frame = rows(stock=[amount, None])

    assert mapped(frame, "stock", {"type": "number_format", **parameters}) == [expected, None]


def test_price_format_uses_the_decimals_of_the_currency(mapped, structure):
    frame = rows(**{"price-GBP": ["1234.005"], "price-JPY": ["15000.5"], "price-KWD": ["1.2345"]})

    def written(currency, **parameters):
        within = make_context(structure, currency=currency)
        return mapped(frame, "price", {"type": "price_format", **parameters}, within=within)[0]

    assert written("GBP") == "1234.01 GBP"
    assert written("JPY") == "15001 JPY"
    assert written("KWD") == "1.235 KWD"
    assert written("GBP", pattern="£{amount}", grouping=",", sign=".") == "£1,234.01"
    assert written("GBP", decimals=0, pattern="{currency} {amount}") == "GBP 1234"


def test_a_price_without_a_step_has_its_currencys_decimals(mapped):
    frame = rows(**{"price-GBP": ["120", "1.005", None], "price-JPY": ["15000", "1.5", None]})

    assert mapped(frame, "price") == ["120.00", "1.01", None]
    assert mapped(frame, {"field": "price", "currency": "jpy"}) == ["15000", "2", None]


@pytest.mark.parametrize(
    ("amount", "parameters", "expected"),
    [
        ("0.005", {"to": "0.01"}, "0.01"),
        ("-0.005", {"to": "0.01"}, "-0.01"),
        ("0.025", {"to": 0.01, "direction": "nearest_even"}, "0.02"),
        ("1.02", {"to": "0.05"}, "1"),
        ("1.03", {"to": "0.05"}, "1.05"),
        ("149", {"to": 100, "direction": "up"}, "200"),
        ("-1.01", {"to": 1, "direction": "down"}, "-2"),
        ("12.40", {"ending": "0.99"}, "11.99"),
        ("12.60", {"ending": "0.99"}, "12.99"),
        ("12.10", {"ending": "0.99", "direction": "up"}, "12.99"),
        ("0.10", {"ending": "0.99", "direction": "down"}, "0.99"),
        ("47", {"ending": "9.95"}, "49.95"),
    ],
)
def test_round_is_exact_at_ties_and_knows_endings(mapped, amount, parameters, expected):
    frame = rows(factor=[amount, None])

    assert mapped(frame, "factor", {"type": "round", **parameters}) == [expected, None]


@pytest.mark.parametrize(
    ("amount", "parameters", "expected"),
    [
        ("0.1", {"do": "add", "by": "0.2"}, "0.3"),
        ("10", {"do": "subtract", "by": 12.5}, "-2.5"),
        ("100", {"do": "multiply", "by": "1.2"}, "120"),
        ("10", {"do": "divide", "by": 4}, "2.5"),
        ("120", {"do": "divide", "by": "1.2"}, "100"),
        ("1", {"do": "divide", "by": 3}, "0.3333333333"),
        ("1", {"do": "divide", "field": "stock"}, "0.125"),
        ("3", {"do": "multiply", "field": "stock"}, "24"),
        ("3", {"do": "add", "field": "stock"}, "11"),
        ("3", {"do": "multiply", "field": {"value": "0.5"}}, "1.5"),
    ],
)
def test_arithmetic(mapped, amount, parameters, expected):
    frame = rows(factor=[amount, None], stock=["8", "1"])

    assert mapped(frame, "factor", {"type": "arithmetic", **parameters}) == [expected, None]


def test_division_by_zero_empty_operands_and_overflow_are_empty(mapped):
    frame = rows(factor=["1", "1", "9" * 20], stock=["0", None, "9" * 20])

    assert mapped(frame, "factor", {"type": "arithmetic", "do": "divide", "field": "stock"})[
        :2
    ] == [None, None]
    assert mapped(frame, "factor", {"type": "arithmetic", "do": "multiply", "field": "stock"}) == [
        "0",
        None,
        None,
    ]


def test_rounding_after_a_division_is_as_of_the_exact_result(mapped):
    # 1 / 3 * 3 at ten decimals is not 1, but rounds like it; 0.0149999... must not become 0.02.
    frame = rows(factor=["0.0149999999"])
    divide = {"type": "arithmetic", "do": "multiply", "by": "0.9999999999"}

    assert mapped(frame, "factor", divide, {"type": "round", "to": "0.01"}) == ["0.01"]
    half = rows(factor=["0.0000000001"])
    tiny = {"type": "arithmetic", "do": "multiply", "by": "0.4"}
    up = {"type": "round", "to": "1", "direction": "up"}
    assert mapped(half, "factor", tiny, up) == ["1"]


def test_text_is_read_as_a_number_where_a_step_wants_one(mapped):
    frame = rows(note=["12.5", "a dozen", None])

    assert mapped(frame, "note", {"type": "number_format", "decimals": 2}) == ["12.50", None, None]


@pytest.mark.parametrize(
    ("amount", "unit", "parameters", "expected"),
    [
        ("1.25", "KILOGRAM", {"to": "GRAM"}, "1250"),
        ("450", "GRAM", {"to": "kilogram"}, "0.45"),
        ("1", "POUND", {"to": "KILOGRAM", "decimals": 3}, "0.454"),
        ("1", "KILOGRAM", {"to": "POUND", "decimals": 6}, "2.204623"),
        ("450", "GRAM", {"to": "KILOGRAM", "pattern": "{amount} {unit}"}, "0.45 kg"),
        ("450", "STONE", {"to": "KILOGRAM"}, None),
    ],
)
def test_unit_convert(mapped, amount, unit, parameters, expected):
    frame = rows(weight=[amount, None], **{"weight-unit": [unit, None]})

    assert mapped(frame, "weight", {"type": "unit_convert", **parameters}) == [expected, None]


def test_temperatures_convert_with_their_offset(mapped):
    frame = rows(warmth=["98.6", "-40", "20"], **{"warmth-unit": ["FAHRENHEIT"] * 2 + ["KELVIN"]})
    step = {"type": "unit_convert", "to": "CELSIUS", "decimals": 1}

    assert mapped(frame, "warmth", step) == ["37", "-40", "-253.2"]


def test_dates_and_moments_by_pattern(mapped):
    frame = rows(
        released=[date(2026, 12, 26), None],
        updated=[datetime(2026, 7, 1, 23, 30, tzinfo=UTC), None],
        note=["2026-12-26T10:00", "soon"],
    )
    day = {"type": "date_format", "pattern": "%d.%m.%Y"}
    moment = {"type": "date_format", "pattern": "%Y-%m-%dT%H:%M%z", "time_zone": "Europe/London"}

    assert mapped(frame, "released") == ["2026-12-26", None]
    assert mapped(frame, "released", day) == ["26.12.2026", None]
    assert mapped(frame, "note", day) == ["26.12.2026", None]
    assert mapped(frame, "updated") == ["2026-07-01T23:30:00+00:00", None]
    assert mapped(frame, "updated", moment) == ["2026-07-02T00:30+0100", None]


def test_options_show_codes_or_labels(mapped, structure):
    frame = rows(colour=[11, 12, 99, None], materials=[[21, 22], [], [99], None])
    german = make_context(structure, locale="de_DE", fallback_locales=("en_GB",))

    assert mapped(frame, "colour") == ["black", "oxblood", None, None]
    assert mapped(frame, "materials") == [["calf", "rubber"], None, None, None]
    assert mapped(frame, "colour", {"type": "option_label"})[:2] == ["Black", "Oxblood"]
    assert mapped(frame, "colour", {"type": "option_label"}, within=german)[:2] == [
        "Schwarz",
        "Oxblood",
    ]
    labels = {"type": "option_label", "locale": "de_DE"}
    assert mapped(frame, "materials", labels)[0] == ["[calf]", "Gummi"]
    assert mapped(frame, "materials", labels | {"missing": "code"})[0] == ["calf", "Gummi"]
    assert mapped(frame, "materials", labels | {"missing": "empty"})[0] == ["Gummi"]


def test_families_groups_and_system_fields(mapped):
    frame = rows(
        family=[31], groups=[[41]], enabled=[False], parent_code=["D"], root_code=["R"], uuid=["u"]
    )

    assert mapped(frame, "family") == ["shoes"]
    assert mapped(frame, "family", {"type": "option_label"}) == ["Shoes"]
    assert mapped(frame, "groups", {"type": "option_label"}) == [["Bundle"]]
    assert mapped(frame, "enabled") == ["false"]
    assert mapped(frame, "parent") == ["D"]
    assert mapped(frame, "root") == ["R"]
    assert mapped(frame, "uuid") == ["u"]


def test_the_main_identifier_is_read_from_its_column(mapped):
    assert mapped(rows(identifier=["A"]), "sku") == ["A"]


def test_boolean_text(mapped):
    frame = rows(vegan=[True, False, None])

    assert mapped(frame, "vegan") == ["true", "false", None]
    assert mapped(frame, "vegan", {"type": "boolean_text"}) == ["yes", "no", None]
    assert mapped(frame, "vegan", {"type": "boolean_text", "true": "1", "false": ""}) == [
        "1",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("ids", "parameters", "expected"),
    [
        ([3], {}, "Women > Derbies"),
        ([4, 5, 3], {}, "Women > Derbies"),
        ([4, 7], {}, "Sale"),
        ([3], {"root": True, "separator": "/"}, "Master/Women/Derbies"),
        ([3], {"depth": 1}, "Women"),
        ([3], {"locale": "de_DE"}, "Damen > [derbies]"),
        ([3], {"show": "codes"}, "women > derbies"),
        ([7, 3], {"tree": "shops", "root": True}, "[shops] > [city]"),
        ([7], {}, None),
        ([1], {}, None),
        ([], {}, None),
    ],
)
def test_category_path_takes_the_deepest_then_the_first(mapped, ids, parameters, expected):
    frame = rows(categories=[ids, None])

    assert mapped(frame, "categories", {"type": "category_path", **parameters}) == [expected, None]


def test_categories_by_code(mapped):
    frame = rows(categories=[[3, 4], [7], None])

    assert mapped(frame, "categories") == [["derbies", "sale"], ["city"], None]
    assert mapped(frame, "categories", {"type": "category_code"}) == ["derbies", None, None]
    by_table = {"type": "lookup", "table": {"DERBIES": "187"}}
    assert mapped(frame, "categories", {"type": "category_code"}, by_table)[0] == "187"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"table": {"BLACK": "Jet"}}, ["Jet", None, None]),
        ({"table": {"black": "Jet"}, "unmapped": "keep"}, ["Jet", "oxblood", None]),
        ({"table": {"black": "Jet"}, "default": "other"}, ["Jet", "other", None]),
        ({"table": "colours"}, ["Jet", "Burgundy", None]),
        ({"table": {}}, [None, None, None]),
    ],
)
def test_lookup(mapped, parameters, expected):
    frame = rows(colour=[11, 12, None])

    assert mapped(frame, "colour", {"type": "lookup", **parameters}) == expected


def test_lookup_translates_every_element_of_a_list(mapped):
    frame = rows(materials=[[21, 22], [22], None])
    step = {"type": "lookup", "table": {"calf": "leather"}, "unmapped": "keep"}

    assert mapped(frame, "materials", step) == [["leather", "rubber"], ["rubber"], None]


def test_coalesce_combine_and_value(mapped):
    frame = rows(
        note=["n", None, None],
        brand=["b", "b", None],
        stock=["1", None, "3"],
        **{"price-GBP": ["5", None, None]},
    )

    assert mapped(frame, "note", {"type": "coalesce", "fields": ["brand"]}) == ["n", "b", None]
    assert mapped(frame, ["note", "brand"], {"type": "coalesce"}) == ["n", "b", None]
    assert mapped(frame, "price", {"type": "coalesce", "fields": ["stock"]}) == ["5.00", None, "3"]
    assert mapped(frame, "note", {"type": "combine", "parts": ["brand", {"value": "!"}]}) == [
        "n b !",
        "b !",
        "!",
    ]
    assert mapped(frame, ["note", "stock"], {"type": "combine", "separator": "/"}) == [
        "n/1",
        None,
        "3",
    ]
    assert mapped(frame, ["note", "brand"]) == [["n", "b"], ["b"], None]
    assert mapped(frame, "note", {"type": "value", "field": "brand"}) == ["b", "b", None]


def test_prices_of_one_currency_coalesce_as_prices(mapped):
    frame = rows(**{"price-GBP": [None, "5"]})
    steps = [{"type": "coalesce", "fields": [{"value": "9"}]}, {"type": "price_format"}]

    assert mapped(frame, "price", *steps) == ["9.00 GBP", "5.00 GBP"]


def test_if_on_the_current_value(mapped):
    frame = rows(note=["Sale!", "full", None], stock=["3", "30", None], brand=["x", "y", "z"])

    def chosen(field, operator, value=None, **branches):
        when = {"field": "@value", "operator": operator}
        when |= {} if value is None else {"value": value}
        return mapped(frame, field, {"type": "if", "when": when, **branches})

    yes, no = {"then": {"value": "yes"}}, {"else": {"value": "no"}}
    assert chosen("note", "STARTS WITH", "sale", **yes, **no) == ["yes", "no", "no"]
    assert chosen("note", "EMPTY", **yes) == ["Sale!", "full", "yes"]
    assert chosen("note", "IN", ["FULL", "none"], **yes, **no) == ["no", "yes", "no"]
    assert chosen("note", "!=", "full", **yes, **no) == ["yes", "no", "no"]
    assert chosen("stock", ">", 9, **yes, **no) == ["no", "yes", "no"]
    assert chosen("stock", "BETWEEN", ["1", "5"], **yes) == ["yes", "30", None]
    assert chosen("stock", "CONTAINS", "0", then={"value": None}) == ["3", None, None]
    assert chosen("note", "NOT EMPTY", then="brand") == ["x", "y", None]
    assert chosen(
        "note", "CONTAINS", "!", then={"from": "brand", "steps": [{"type": "case", "to": "upper"}]}
    ) == ["X", "full", None]


def test_if_asks_for_the_length_of_text(mapped):
    frame = rows(note=["four", "sixsix", None])
    when = {"field": "@length", "operator": ">", "value": 5}

    assert mapped(frame, "note", {"type": "if", "when": when, "then": {"value": None}}) == [
        "four",
        None,
        None,
    ]


def test_aggregates_over_the_variants_of_a_style(mapped, catalogue):
    def over(field, function, over="root"):
        return mapped(catalogue, field, {"type": "aggregate", "function": function, "over": over})

    assert over("price", "min") == ["120.00"] * 5 + ["45.00"]
    assert over("price", "max") == ["130.00"] * 5 + ["45.00"]
    assert over("price", "max", "colourway") == [
        "125.50", "125.50", "130.00", "130.00", None, "45.00",
    ]  # fmt: skip
    assert over("stock", "sum") == ["8"] * 5 + ["7"]
    assert over("stock", "sum", "parent") == ["3", "3", "5", "5", None, "7"]
    assert over("stock", "count") == ["3"] * 5 + ["1"]
    assert over("colour", "list") == [["black", "oxblood"]] * 5 + [["black"]]
    assert over("materials", "list") == [["calf", "rubber"]] * 5 + [None]
    assert over("note", "first", "colourway") == ["forty", "forty", "forty", "forty", None, "belt"]
    assert over("released", "max") == ["2026-01-02"] * 5 + [None]


def test_aggregates_take_what_other_steps_made_of_the_values(mapped, catalogue):
    steps = [{"type": "option_label"}, {"type": "aggregate", "function": "list"}]
    joined = {"type": "list_join", "separator": " / "}

    assert mapped(catalogue, "colour", *steps, joined)[0] == "Black / Oxblood"


def test_if_on_fields_speaks_the_one_condition_language(mapped, structure):
    frame = rows(
        colour=[11, 12, None],
        stock=["0", "3", None],
        brand=["Polka", "other", None],
        note=["a", "b", "c"],
        **{"price-GBP": ["99.50", "150", None], "name-en_GB": ["Derby", None, "Shoe"]},
        categories=[[3], [4], None],
    )

    def chosen(**when):
        step = {"type": "if", "when": when, "then": {"value": "yes"}, "else": {"value": "no"}}
        return mapped(frame, "note", step)

    assert chosen(field="colour", operator="IN", value=["BLACK"]) == ["yes", "no", "no"]
    assert chosen(field="stock", operator=">", value=0) == ["no", "yes", "no"]
    assert chosen(field="brand", operator="=", value="polka") == ["yes", "no", "no"]
    assert chosen(field="name", operator="EMPTY") == ["no", "yes", "no"]
    assert chosen(field="price", operator="EMPTY") == ["no", "no", "yes"]
    price = {"amount": "100", "currency": "GBP"}
    assert chosen(field="price", operator="<", value=price) == ["yes", "no", "no"]
    assert chosen(field="categories", operator="IN CHILDREN", value=["women"]) == [
        "yes", "no", "no",
    ]  # fmt: skip
    assert chosen(
        all=[
            {"field": "@value", "operator": "IN", "value": ["a", "b"]},
            {"not": {"field": "stock", "operator": "=", "value": 0}},
        ]
    ) == ["no", "yes", "no"]
    assert chosen(
        any=[
            {"field": "@value", "operator": "=", "value": "c"},
            {"field": "colour", "operator": "IN", "value": ["oxblood"]},
        ]
    ) == ["no", "yes", "yes"]
