"""A whole column and a single cell come to the same data and the same violations."""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pim.domain.attribute_types import CellFormat, type_of
from pim.domain.structure import Attribute
from pim.domain.violations import Violation
from pim.products.columns import VIOLATIONS, as_violation, parse_column
from tests.factories.structure import ATTRIBUTES, footwear

STRUCTURE = footwear()

AWKWARD = [
    "", " ", "\u00a0", "\t\n", "a\x00b", "x\x80", "\x1cx\x1c", "Ünïcödé 靴", "e\u0301", "👟" * 41,
    '"quoted\\" text', "line\r\nbreak", " padded ", "a,b;c", "=1+1", "\ufeffbom", "x" * 256,
    "0", "-0", "+0.00", "007", "12.", ".5", "12.50", "-3.10", "1e5", "1_000", "1,5", "12,9O",
    "1.299,50", "1 299", "\u0661\u0662", "\u221212", "NaN", "inf", "9" * 28, "9" * 29,
    "0." + "1" * 11,
    "1.00000000000", "200.5", "200.50000000001", "true", "YES", "no", "1", "oui",
    "2026-01-15", "2026-02-30", "15.01.2026", "1.1.2026", "2019-12-31", "2026-01-15T10:00:00Z",
    "45321",
    "red", "RED", "dark blue", "036", "36", "Leather,suede", "suede,,Suede, wool ", "leather,oak",
    "5 GRAM", "5 kilogram", "gram", "OUNCE", "12.50 EUR, 14 GBP", "12 EUR, 13 eur", "1,5 EUR",
    "files/a.png", "files/a.PNG", ".png", "a.exe", "a.pdf", "A/b.TXT", "png", "a\nb.png", "a..jpg",
    "product:SKU-1", "product_model:X", "oddity:1", "product:", "4006381333931", "400638133393",
    "a@example.com", "a@b", "https://example.com/x", "http://", "https://exa mple.com",
]  # fmt: skip

cells = st.one_of(
    st.none(),
    st.sampled_from(AWKWARD),
    st.from_regex(r"[+-]?[0-9]{0,6}[.,]?[0-9]{0,12}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.builds(lambda a, b: a + b, st.sampled_from(AWKWARD), st.sampled_from(AWKWARD)),
)

formats = st.builds(
    CellFormat,
    decimal=st.sampled_from([".", ","]),
    dates=st.sampled_from(["yyyy-MM-dd", "dd.MM.yyyy", "M/d/yy"]),
)

SUFFIXES = {
    "pim_catalog_metric": [("",), ("", "unit"), ("unit",)],
    "pim_catalog_price_collection": [
        ("EUR",), ("JPY", "EUR"), ("", "EUR"), ("",), ("eur", "GBP"), ("USD", "EUR"),
        ("EUR", "eur"),
    ],
}  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> tuple[Attribute, dict[str, list[str | None]]]:
    attribute = draw(st.sampled_from(ATTRIBUTES))
    suffixes = draw(st.sampled_from(SUFFIXES.get(attribute.type, [("",)])))
    rows = draw(st.lists(st.tuples(*[cells] * len(suffixes)), min_size=1, max_size=12))
    by_column = zip(*rows, strict=True)
    return attribute, dict(zip(suffixes, map(list, by_column), strict=True))


def one_by_one(
    attribute: Attribute, given_columns: dict[str, list[str | None]], fmt: CellFormat
) -> tuple[list[Any], list[tuple[int, Violation]]]:
    data, violations = [], []
    for index, parts in enumerate(zip(*given_columns.values(), strict=True)):
        row = dict(zip(given_columns, parts, strict=True))
        found = type_of(attribute).from_cells(row, attribute, STRUCTURE, fmt)
        data.append(None if found.violations else found.data)
        violations += [(index, violation) for violation in found.violations]
    return data, violations


@settings(max_examples=400, deadline=None)
@given(columns(), formats)
def test_a_column_gives_what_its_cells_give_one_by_one(
    drawn: tuple[Attribute, dict[str, list[str | None]]], fmt: CellFormat
) -> None:
    attribute, texts = drawn
    data, violations = one_by_one(attribute, texts, fmt)

    series = {suffix: pl.Series(column, dtype=pl.String) for suffix, column in texts.items()}
    result = parse_column(attribute, series, STRUCTURE, fmt)

    assert [None if text is None else orjson.loads(text) for text in result.json] == data
    rows = result.violations.iter_rows(named=True)
    assert [(row["index"], as_violation(row)) for row in rows] == violations


def test_every_awkward_cell_agrees_for_every_type() -> None:
    fmt = CellFormat(decimal=",", dates="dd.MM.yyyy")
    for attribute in ATTRIBUTES:
        for suffixes in SUFFIXES.get(attribute.type, [("",)]):
            texts: dict[str, list[str | None]] = {
                suffix: [*AWKWARD[shift:], *AWKWARD[:shift]]
                for shift, suffix in enumerate(suffixes)
            }
            data, violations = one_by_one(attribute, texts, fmt)
            series = {suffix: pl.Series(column) for suffix, column in texts.items()}
            result = parse_column(attribute, series, STRUCTURE, fmt)
            assert [text and orjson.loads(text) for text in result.json] == data, attribute.code
            assert result.violations["index"].to_list() == [index for index, _ in violations]


def test_a_column_of_no_rows_gives_no_rows() -> None:
    for attribute in ATTRIBUTES:
        suffix = "EUR" if attribute.type == "pim_catalog_price_collection" else ""
        empty = {suffix: pl.Series([], dtype=pl.String)}
        result = parse_column(attribute, empty, STRUCTURE, CellFormat())
        assert result.json.len() == 0
        assert result.violations.schema == VIOLATIONS


def test_violations_carry_the_path_that_the_caller_names() -> None:
    price = STRUCTURE.attributes["list_price"]
    result = parse_column(
        price, {"EUR": pl.Series(["1", "x"])}, STRUCTURE, CellFormat(), path="list_price-web"
    )
    assert result.violations["path"].to_list() == ["list_price-web-EUR"]
    assert result.violations["index"].to_list() == [1]
