from __future__ import annotations

from decimal import Decimal

import orjson
import polars as pl

from pim.projection import extract
from pim.projection.decode import Decoder
from tests.factories.shelves import SHOES, Thing


def one(data):
    return {"<all>": {"<all>": data}}


def decoded(*documents):
    lines = [Thing(id=n, values=values).line() for n, values in enumerate(documents, 1)]
    return Decoder(SHOES, extract.PRODUCTS).frame(lines)


def test_a_column_exists_only_where_a_value_does():
    frame = decoded({"stock": one("1")}, {"name": {"<all>": {"de_DE": "Stiefel"}}})

    assert [name for name in frame.columns if name not in extract.PRODUCTS] == [
        "stock",
        "name-de_DE",
    ]


def test_text_that_looks_like_a_date_a_number_or_json_stays_text():
    texts = ["2026-01-01", "2026-01-01T10:00:00", "12", "null", '{"a": 1}', 'a\\b"\n\t\u2028', " "]

    frame = decoded(*({"name": {"<all>": {"en_GB": text}}} for text in texts))

    assert frame["name-en_GB"].to_list() == texts


def test_amounts_are_exact():
    frame = decoded({"stock": one("0.0000000001")}, {"stock": one("9999999999999999999999999999")})

    assert frame["stock"].to_list() == [
        Decimal("0.0000000001"), 10**28 - 1,
    ]  # fmt: skip


def test_cells_that_appear_later_are_learned_on_the_way():
    decoder = Decoder(SHOES, extract.PRODUCTS)
    first = decoder.frame([Thing(id=1, values={"stock": one("1")}).line()])
    later = {"price": {"web": {"<all>": {"EUR": "5"}}}, "stock": one("2")}
    second = decoder.frame([Thing(id=2, values=later).line()])
    third = decoder.frame([Thing(id=3, values={"price": {"web": {"<all>": {"GBP": "6"}}}}).line()])

    assert "price-web-EUR" not in first.columns
    assert second.select("stock", "price-web-EUR").row(0) == (2, 5)
    assert third["price-web-GBP"].to_list() == [6]
    assert "price-web-EUR" not in third.columns


def test_leftovers_of_removed_attributes_options_and_scopes_are_not_shown():
    frame = decoded(
        {
            "removed": one("x"),
            "colour": one("unknown"),
            "material": one(["a", "unknown"]),
            "name": one("once it was not localizable"),
            "stock": {"web": {"<all>": "5"}},
        },
        {"material": one(["unknown"]), "removed": one({"deep": [1]})},
    )

    assert [name for name in frame.columns if name not in extract.PRODUCTS] == ["material"]
    assert frame["material"].to_list() == [[50], None]


def test_cells_of_locales_channels_and_currencies_that_are_no_more_are_not_shown():
    frame = decoded(
        {
            "name": {"<all>": {"xx_XX": "gone", "en_GB": "here"}},
            "title": {"radio": {"en_GB": "gone"}},
            "price": {"web": {"<all>": {"XXX": "1", "EUR": "2"}}},
        }
    )

    found = [name for name in frame.columns if name not in extract.PRODUCTS]
    assert found == ["name-en_GB", "price-web-EUR"]


def test_data_of_a_wrong_type_costs_its_cell_and_nothing_else():
    frame = decoded(
        {"stock": one("1"), "vegan": one(True), "name": {"<all>": {"en_GB": "Derby"}}},
        {"stock": one(2), "vegan": one("yes"), "name": {"<all>": {"en_GB": "Boot"}}},
        {"stock": {"<all>": 3}, "vegan": one(False), "material": one("a"), "weight": one("heavy")},
        {"stock": one("many"), "launch": one("soon"), "name": "flat"},
    )

    assert frame["stock"].to_list() == [1, None, None, None]
    assert frame["vegan"].to_list() == [True, None, False, None]
    assert frame["name-en_GB"].to_list() == ["Derby", "Boot", None, None]


def test_lines_longer_than_a_block_are_read():
    long = "x" * 9_000_000
    frame = decoded({"name": {"<all>": {"en_GB": long}}}, {"name": {"<all>": {"en_GB": "short"}}})

    assert frame["name-en_GB"].str.len_bytes().to_list() == [9_000_000, 5]


def test_nothing_decodes_to_no_rows_of_the_right_types():
    frame = Decoder(SHOES, extract.PRODUCTS).frame([])

    assert frame.height == 0
    assert frame.schema["categories"] == pl.List(pl.Int64)
    assert frame.schema["updated"] == pl.Datetime("us", "UTC")


def test_one_odd_line_does_not_change_what_others_say():
    odd = orjson.dumps({"x": [1, "a", None]}).decode()
    frame = decoded(
        {"name": {"<all>": {"en_GB": odd}}, "zzz": odd}, {"zzz": one(1), "stock": one("4")}
    )

    assert frame["stock"].to_list() == [None, 4]


def test_lists_that_begin_in_a_later_block_than_their_column_are_read(monkeypatch):
    monkeypatch.setattr("pim.projection.decode.BLOCK", 400)
    lists = [{"gallery": one(["a/front.png"])}] * 40

    frame = decoded(*[{"gallery": None}] * 40, *lists)

    assert frame["gallery"].null_count() == 40
