from __future__ import annotations

from typing import Any

import pytest

from pim.domain.attribute_types import (
    ATTRIBUTE_TYPES,
    CellFormat,
    Checked,
    check,
    check_definition,
    relocate,
    type_of,
)
from pim.domain.attribute_types.media import Media, file_name
from tests.factories.structure import attribute, footwear

STRUCTURE = footwear()
GERMAN = CellFormat(decimal=",", dates="dd.MM.yyyy", true=("ja", "1"), false=("nein", "0"))


def checked(code: str, data: Any) -> Checked:
    return check(data, STRUCTURE.attributes[code], STRUCTURE)


def cell(code: str, fmt: CellFormat = GERMAN, /, **parts: str | None) -> Checked:
    suffixes = {"" if name == "cell" else name: text for name, text in parts.items()}
    found = STRUCTURE.attributes[code]
    return type_of(found).from_cells(suffixes, found, STRUCTURE, fmt)


def codes(found: Checked) -> list[str]:
    return [violation.code for violation in found.violations]


@pytest.mark.parametrize(
    ("code", "given", "canonical"),
    [
        ("sku", " SKU-1 ", "SKU-1"),
        ("name", " Derby ", " Derby "),
        ("name", "   ", None),
        ("waterproof", False, False),
        ("launch", "2026-01-15T00:00:00+00:00", "2026-01-15"),
        ("heel_height", 12, "12"),
        ("heel_height", 12.5, "12.5"),
        ("heel_height", "012.50", "12.5"),
        ("balance", 1e16, "10000000000000000"),
        ("color", "dark_BLUE", "Dark_Blue"),
        ("color", "036", "036"),
        ("materials", ["SUEDE", "leather", "Leather"], ["Leather", "Suede"]),
        ("materials", [], None),
        ("weight", {"amount": "1.50", "unit": "gram"}, {"amount": "1.5", "unit": "GRAM"}),
        ("weight", {"amount": None, "unit": "GRAM"}, None),
        ("price", [{"amount": "9.90", "currency": "eur"}], {"EUR": "9.9"}),
        ("price", {"JPY": "12.00", "EUR": 1}, {"EUR": "1", "JPY": "12"}),
        ("price", [{"amount": None, "currency": "EUR"}], None),
        ("picture", "a/b/x.JPG", "a/b/x.JPG"),
        ("fabric", "denim", "Denim"),
        ("fabrics", ["b", "a"], ["a", "b"]),
        ("gallery", ["b.png", "a.png", "b.png"], ["b.png", "a.png"]),
        (
            "matching_bag",
            {"type": "product", "identifier": " B-1 "},
            {"type": "product", "identifier": "B-1"},
        ),
    ],
)
def test_json_data_becomes_canonical(code: str, given: Any, canonical: Any) -> None:
    assert checked(code, given) == Checked(canonical, checked(code, given).violations)
    assert codes(checked(code, given)) == []
    assert checked(code, canonical).data == canonical


@pytest.mark.parametrize(
    ("code", "given", "rule"),
    [
        ("sku", "A,B", "separator_in_identifier"),
        ("sku", "A\x00", "illegal_character"),
        ("name", "x" * 41, "too_long"),
        ("name", 12, "wrong_type"),
        ("name", "half \ud83d pair", "illegal_character"),
        ("name", "bell\x07", "illegal_character"),
        ("ean", "40063813", "pattern_mismatch"),
        ("email", "a@b", "not_an_email"),
        ("url", "www.example.com", "not_a_url"),
        ("url", "https://[broken", "not_a_url"),
        ("waterproof", "yes", "wrong_type"),
        ("launch", "2026-02-30", "not_a_date"),
        ("launch", "2019-12-31", "too_early"),
        ("launch", "2031-01-01", "too_late"),
        ("launch", 20260115, "wrong_type"),
        ("heel_height", "-1", "too_small"),
        ("heel_height", "200.51", "too_large"),
        ("heel_height", True, "wrong_type"),
        ("heel_height", "0.12345678901", "too_many_digits"),
        ("balance", float("nan"), "too_many_digits"),
        ("pieces", "1.5", "decimals_not_allowed"),
        ("pieces", "-1", "negative_not_allowed"),
        ("color", "36a", "unknown_option"),
        ("color", 36, "wrong_type"),
        ("materials", "Leather", "wrong_type"),
        ("weight", {"amount": "1", "unit": "CELSIUS"}, "unknown_unit"),
        ("weight", {"amount": "1"}, "missing_unit"),
        ("weight", "12", "wrong_type"),
        ("price", {"USD": "1"}, "inactive_currency"),
        ("price", {"JPY": "1.5"}, "currency_decimals"),
        ("price", {"EUR": "1", "eur": "2"}, "repeated_currency"),
        ("price", {"EUR": "-1"}, "negative_not_allowed"),
        ("price", ["EUR"], "wrong_type"),
        ("picture", "x.exe", "extension_not_allowed"),
        ("manual", "x.png", "extension_not_allowed"),
        ("gallery", "a.png", "wrong_type"),
        ("matching_bag", {"type": "group", "identifier": "x"}, "bad_link"),
    ],
)
def test_wrong_json_data_is_explained(code: str, given: Any, rule: str) -> None:
    found = checked(code, given)
    assert found.data is None
    assert codes(found) == [rule]
    violation = found.violations[0]
    assert violation.path.startswith(code)
    assert violation.text
    assert violation.mend_text.endswith((".", "?"))


@pytest.mark.parametrize(
    ("code", "parts", "data"),
    [
        ("waterproof", {"cell": "Ja"}, True),
        ("launch", {"cell": "31.08.2026"}, "2026-08-31"),
        ("heel_height", {"cell": "12,50"}, "12.5"),
        ("materials", {"cell": " suede, LEATHER ,"}, ["Leather", "Suede"]),
        ("weight", {"cell": "12", "unit": "kilogram"}, {"amount": "12", "unit": "KILOGRAM"}),
        ("weight", {"cell": "12"}, {"amount": "12", "unit": "GRAM"}),
        ("weight", {"cell": "12 OUNCE"}, {"amount": "12", "unit": "OUNCE"}),
        ("weight", {"cell": "", "unit": "GRAM"}, None),
        ("price", {"EUR": "9,90", "GBP": ""}, {"EUR": "9.9"}),
        ("price", {"cell": "9,90 EUR, 8 gbp"}, {"EUR": "9.9", "GBP": "8"}),
        ("matching_bag", {"cell": "B:1"}, {"type": "product", "identifier": "B:1"}),
        ("name", {"cell": None}, None),
    ],
)
def test_cells_are_read_in_the_format_of_their_file(
    code: str, parts: dict[str, str | None], data: Any
) -> None:
    assert cell(code, **parts).data == data
    assert codes(cell(code, **parts)) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("12,9O", "is the last character the letter O?"),
        ("O12", "is the first character the letter O?"),
        ("12.90", "set the other sign in the profile"),
        ("1.299,50", "without marks between thousands"),
        ("1 299,50", "without marks between thousands"),
        ("4,01E+12", "A spreadsheet shortened it"),
        ("12,5 kg", "units and currencies stand in their own column"),
        ("twelve", "for example 12,5"),
    ],
)
def test_a_broken_number_is_explained_so_that_a_person_can_mend_it(text: str, hint: str) -> None:
    (violation,) = cell("heel_height", cell=text).violations
    assert violation.text == f'"{text}" is not a number.'
    assert hint in violation.mend_text


def test_a_broken_price_names_its_column_and_the_decimal_sign() -> None:
    (violation,) = cell("price", EUR="12,9O").violations
    assert violation.path == "price-EUR"
    assert violation.mend_text == (
        "The decimal sign is a comma; is the last character the letter O?"
    )


def test_json_is_shown_as_json() -> None:
    (violation,) = checked("matching_bag", {"type": "group", "identifier": "é"}).violations
    assert violation.value == '{"type": "group", "identifier": "é"}'


def test_an_option_written_by_its_look_is_recognised_in_the_advice() -> None:
    (violation,) = checked("color", "dark blue").violations
    assert violation.mend_text.startswith('Did you mean "Dark_Blue"?')


def test_a_count_of_days_is_recognised_in_the_advice() -> None:
    (violation,) = cell("launch", cell="45321").violations
    assert "spreadsheet" in violation.mend_text


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("waterproof", False),
        ("launch", "2026-01-15"),
        ("heel_height", "12.5"),
        ("materials", ["Leather", "Suede"]),
        ("weight", {"amount": "12.5", "unit": "OUNCE"}),
        ("price", {"EUR": "9.9", "JPY": "1200"}),
        ("gallery", ["b.png", "a.png"]),
        ("matching_bag", {"type": "product_model", "identifier": "product:B"}),
        ("name", 'with "quotes",\nlines; and more'),
    ],
)
def test_what_is_written_to_cells_reads_back_the_same(code: str, data: Any) -> None:
    found = STRUCTURE.attributes[code]
    cells = type_of(found).to_cells(data, found, STRUCTURE)
    assert set(cells) == set(type_of(found).suffixes(found, STRUCTURE))
    assert type_of(found).from_cells(cells, found, STRUCTURE, CellFormat()).data == data


def test_empty_data_gives_blank_cells_in_every_column_of_the_value() -> None:
    for found in STRUCTURE.attributes:
        cells = type_of(found).to_cells(None, found, STRUCTURE)
        assert dict.fromkeys(type_of(found).suffixes(found, STRUCTURE), "") == cells


def test_false_and_nought_are_values() -> None:
    assert not ATTRIBUTE_TYPES["pim_catalog_boolean"].is_empty(data=False)
    assert not ATTRIBUTE_TYPES["pim_catalog_number"].is_empty("0")
    assert ATTRIBUTE_TYPES["pim_catalog_multiselect"].is_empty([])


def test_a_file_is_refused_for_its_size_when_that_is_known() -> None:
    manual = STRUCTURE.attributes["manual"]
    kind = type_of(manual)
    assert isinstance(kind, Media)
    assert kind.file_faults("a.pdf", manual, size=500_000) == []
    (violation,) = kind.file_faults("a.pdf", manual, size=510_000)
    assert violation.text == 'The file "a.pdf" has 0.51 MB; at most 0.5 MB are allowed.'


def test_a_stored_file_is_known_by_the_name_it_was_uploaded_under() -> None:
    assert file_name("0/a/" + "0a" * 20 + "_front.jpg") == "front.jpg"
    assert file_name("files/front.jpg") == "front.jpg"


def test_violations_move_to_the_column_that_the_caller_knows() -> None:
    moved = relocate(cell("price", EUR="x").violations, "price", "price-web")
    assert [violation.path for violation in moved] == ["price-web-EUR"]


@pytest.mark.parametrize(
    ("type_", "more", "expected"),
    [
        ("text", {"unique": True, "scopable": True}, ["unique_not_global"]),
        ("textarea", {"unique": True}, ["unique_not_allowed"]),
        ("identifier", {"localizable": True}, ["localizable_not_allowed"]),
        ("text", {"max_characters": "256"}, ["bad_property"]),
        ("textarea", {"max_characters": "65535"}, []),
        ("text", {"validation_rule": "regexp"}, ["missing_property"]),
        ("text", {"validation_rule": "regexp", "validation_regexp": "("}, ["bad_property"]),
        ("text", {"validation_rule": "isbn"}, ["bad_property"]),
        ("number", {"number_min": "5", "number_max": "4"}, ["empty_range"]),
        ("date", {"date_min": "2026-01-02", "date_max": "2026-01-01"}, ["empty_range"]),
        ("date", {"date_min": "soon"}, ["bad_property"]),
        ("metric", {}, ["unknown_measurement_family"]),
        ("metric", {"metric_family": "weight", "default_metric_unit": "CELSIUS"}, ["unknown_unit"]),
        ("metric", {"metric_family": "weight", "default_metric_unit": "gram"}, []),
        ("image", {"max_file_size": "10000"}, ["bad_property"]),
        ("image", {"max_file_size": "9999.99", "allowed_extensions": "png,jpg"}, []),
        ("text", {"available_locales": ("xx_XX",)}, ["unknown_locale"]),
        ("text", {"decimals_allowed": "0", "number_min": ""}, []),
        ("text", {"decimals_allowed": "1"}, ["unknown_property"]),
        ("table", {}, ["unknown_attribute_type"]),
    ],
)
def test_definitions_are_checked(type_: str, more: dict[str, Any], expected: list[str]) -> None:
    found = check_definition(attribute("x", type_, **more), STRUCTURE)
    assert [violation.code for violation in found] == expected
    assert all(violation.text and violation.mend_text for violation in found)


def test_a_setting_of_another_type_is_a_warning_only() -> None:
    (violation,) = check_definition(attribute("x", "text", number_min="3"), STRUCTURE)
    assert violation.severity == "warning"


def test_the_sample_definitions_are_in_order() -> None:
    for found in STRUCTURE.attributes:
        assert check_definition(found, STRUCTURE) == []
