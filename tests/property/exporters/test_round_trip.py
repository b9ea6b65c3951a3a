"""Whatever the values are, each format gives them back."""

from __future__ import annotations

import csv
import io
import json
import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from exporters.contract import Exporter, Options
from exporters.csv_feed import CsvFeed, CsvOptions
from exporters.google_merchant import GoogleMerchant, GoogleOptions
from exporters.json_lines import JsonLines, JsonOptions
from exporters.testing import CONTEXT

G = "{http://base.google.com/ns/1.0}"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# Surrogates are no characters: UTF-8, and so Polars, cannot hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
awkward = st.text(st.sampled_from("\"',;|\t\n\r\\<>&= -\x00\x07\ufffeé"), max_size=8)
values = st.lists(st.one_of(st.none(), texts, awkward), max_size=12)
lists = st.lists(st.one_of(st.none(), st.lists(st.one_of(texts, awkward), max_size=4)), max_size=8)


def written(exporter: Exporter, options: Options, column: pl.Series) -> bytes:
    ids = pl.Series("id", [str(n) for n in range(len(column))], dtype=pl.String)
    out = io.BytesIO()
    exporter.write([pl.DataFrame([ids, column])], out, options, context=CONTEXT)
    return out.getvalue()


def text_column(found: list[str | None]) -> pl.Series:
    return pl.Series("v", found, dtype=pl.String)


@given(values)
def test_xml_gives_back_all_that_xml_can_hold(found):
    data = written(GoogleMerchant(), GoogleOptions(), text_column(found))
    items = etree.fromstring(data).findall("channel/item")
    back = [item.findtext(f"{G}v") for item in items]
    clean = [FORBIDDEN.sub("", value or "") for value in found]
    assert [value or "" for value in back] == clean


@given(lists)
def test_xml_gives_back_lists(found):
    column = pl.Series("v", found, dtype=pl.List(pl.String))
    items = etree.fromstring(written(GoogleMerchant(), GoogleOptions(), column)).findall(
        "channel/item"
    )
    back = [[each.text or "" for each in item.findall(f"{G}v")] for item in items]
    assert back == [[FORBIDDEN.sub("", v) for v in values or [] if v] for values in found]


@given(values)
def test_tab_separated_text_gives_back_all_but_control_characters(found):
    data = written(GoogleMerchant(), GoogleOptions(format="tsv"), text_column(found))
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), dialect="excel-tab"))
    assert [row[1] for row in rows[1:]] == [FORBIDDEN.sub("", value or "") for value in found]


@given(values, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["minimal", "all"]))
def test_csv_gives_back_everything(found, separator, quoting):
    options = CsvOptions(separator=separator, quoting=quoting, line_ending="crlf")
    data = written(CsvFeed(), options, text_column(found))
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator))
    assert [row[1] for row in rows[1:]] == [value or "" for value in found]


@given(values)
def test_json_gives_back_everything(found):
    data = written(JsonLines(), JsonOptions(nulls=True), text_column(found))
    back = [json.loads(line)["v"] for line in data.split(b"\n")[:-1]]
    assert back == [value or None for value in found]


@given(lists)
def test_json_gives_back_lists(found):
    column = pl.Series("v", found, dtype=pl.List(pl.String))
    lines = written(JsonLines(), JsonOptions(), column).split(b"\n")[:-1]
    back = [json.loads(line).get("v", []) for line in lines]
    assert back == [[value for value in values or [] if value] for values in found]


@given(st.lists(st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True), max_size=8))
def test_json_numbers_keep_their_digits_or_stay_text(found):
    data = written(JsonLines(), JsonOptions(numbers=("v",)), text_column(found))
    back = [
        json.loads(line, parse_float=str, parse_int=str)["v"] for line in data.split(b"\n")[:-1]
    ]
    assert back == found
