"""Steps that make a price fit for another country: tax, currency, endings."""

from __future__ import annotations

import pytest

from .conftest import make_context, rows

RATES = {"GB": "20", "GB/reduced": "0", "DE": "19", "book": "7"}


def prices(*amounts):
    return rows(**{"price-GBP": list(amounts)})


@pytest.mark.parametrize(
    ("amount", "parameters", "expected"),
    [
        ("100", {"do": "add", "rate": "20"}, "120.00"),
        ("120", {"do": "remove", "rate": "20"}, "100.00"),
        ("99.99", {"do": "add", "rate": "5.5"}, "105.49"),
        ("10", {"do": "remove", "rate": "7"}, "9.35"),
        ("10.03", {"do": "add", "rate": "5", "to": "0.05"}, "10.55"),
        ("10.01", {"do": "add", "rate": "0", "to": "1", "direction": "up"}, "11.00"),
        ("0.025", {"do": "add", "rate": "0"}, "0.03"),
        ("0.025", {"do": "add", "rate": "0", "direction": "nearest_even"}, "0.02"),
    ],
)
def test_tax_is_added_and_removed_and_rounded_once(mapped, amount, parameters, expected):
    found = mapped(prices(amount, None), "price", {"type": "tax", **parameters})
    assert found == [expected, None]


def test_a_rate_comes_by_country_and_class_the_most_particular_first(mapped, structure):
    frame = prices("100", "100", "100").with_columns(
        rows(note=["reduced", "Book", None]).get_column("note")
    )
    step = {"type": "tax", "do": "add", "rates": RATES, "tax_class": "note"}

    british = make_context(structure, country="GB")
    german = make_context(structure, country="DE")
    assert mapped(frame, "price", step, within=british) == ["100.00", "120.00", "120.00"]
    assert mapped(frame, "price", step, within=german) == ["119.00", "119.00", "119.00"]
    assert mapped(frame, "price", {**step, "country": "GB"}) == ["100.00", "120.00", "120.00"]
    assert mapped(frame, "price", step) == [None, "107.00", None]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"do": "add"}, "rate"),
        ({"do": "add", "rate": "20", "rates": RATES, "country": "GB"}, "rate"),
        ({"do": "add", "rate": "-1"}, "rate"),
        ({"do": "add", "rate": "1", "to": "0"}, "to"),
        ({"do": "add", "rates": RATES}, "country"),
        ({"do": "add", "rates": "nothing", "country": "GB"}, "rates"),
        ({"do": "add", "rates": {"GB": "a fifth"}, "country": "GB"}, "rates.gb"),
        ({"do": "multiply", "rate": "1"}, "do"),
    ],
)
def test_a_senseless_tax_is_refused_at_its_place(faults, parameters, fault):
    found = faults({"from": "price", "steps": [{"type": "tax", **parameters}]})
    assert [path for path, _ in found] == [f"steps[0].{fault}"]


def test_a_price_is_converted_by_the_rate_of_its_pair(mapped):
    rates = {"GBP/JPY": "190.555", "gbp/kwd": "0.39"}
    frame = prices("100", None, "0.01")

    def converted(**parameters):
        return mapped(frame, "price", {"type": "currency_rate", "rates": rates, **parameters})

    assert converted(to="JPY") == ["19056", None, "2"]
    assert converted(to="KWD") == ["39.000", None, "0.004"]
    assert converted(to="jpy", round_to="100", direction="up") == ["19100", None, "100"]
    assert converted(to="GBP") == ["100.00", None, "0.01"]


def test_a_converted_price_is_written_in_its_new_currency(mapped):
    steps = [{"type": "currency_rate", "to": "JPY", "rate": "190"}, {"type": "price_format"}]
    assert mapped(prices("10"), "price", *steps) == ["1900 JPY"]


def test_the_feeds_currency_is_the_usual_goal(mapped, structure):
    within = make_context(structure, currency="KWD", lookups={"rates": {"GBP/KWD": "0.4"}})
    source = {"field": "price", "currency": "GBP"}
    step = {"type": "currency_rate", "rates": "rates"}
    assert mapped(prices("10"), source, step, within=within) == ["4.000"]


@pytest.mark.parametrize(
    ("parameters", "faulty"),
    [
        ({"to": "XXX", "rate": "2"}, ("to", "mapping.unknown_currency")),
        ({"to": "JPY"}, ("rate", "mapping.bad_operand")),
        ({"to": "JPY", "rate": "0"}, ("rate", "mapping.bad_operand")),
        ({"to": "JPY", "rate": "1", "round_to": "-1"}, ("round_to", "mapping.bad_operand")),
        ({"to": "JPY", "rates": {"JPY/GBP": "0.005"}}, ("rates", "mapping.no_rate")),
        ({"to": "JPY", "rates": {"GBP/JPY": "-1"}}, ("rates.gbp/jpy", "mapping.bad_number")),
        ({"to": "JPY", "rates": "missing"}, ("rates", "mapping.unknown_lookup")),
    ],
)
def test_a_conversion_without_a_rate_is_refused(faults, parameters, faulty):
    found = faults({"from": "price", "steps": [{"type": "currency_rate", **parameters}]})
    assert (f"steps[0].{faulty[0]}", faulty[1]) in found


@pytest.mark.parametrize(
    ("amount", "parameters", "expected"),
    [
        ("98.40", {"ending": "0.99", "direction": "down"}, "97.99"),
        ("98.40", {"ending": "0.99", "direction": "up"}, "98.99"),
        ("98.40", {"ending": "0.95", "direction": "nearest"}, "97.95"),
        ("49.99", {"ending": "0.99", "direction": "down", "minimum": "50"}, "49.99"),
        ("49.50", {"ending": "0.99", "direction": "down", "minimum": "50"}, "49.50"),
        ("50.00", {"ending": "0.99", "direction": "down", "minimum": "50"}, "49.99"),
        ("7.30", {"to": "5", "minimum": "10"}, "7.30"),
    ],
)
def test_a_price_gets_its_ending_unless_it_is_too_small(mapped, amount, parameters, expected):
    assert mapped(prices(amount, None), "price", {"type": "round", **parameters}) == [
        expected,
        None,
    ]
