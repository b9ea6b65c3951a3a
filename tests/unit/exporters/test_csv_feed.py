"""CSV in its dialects, read back by the standard library's csv."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest

from exporters.contract import parse_options
from exporters.csv_feed import CsvFeed, CsvOptions
from exporters.testing import AWKWARD, CONTEXT, ExporterTests, Item
from pim.errors import Refused


def write(frame: pl.DataFrame, options: CsvOptions) -> bytes:
    out = io.BytesIO()
    CsvFeed().write([frame], out, options, context=CONTEXT)
    return out.getvalue()


class CsvTests(ExporterTests):
    """Read any dialect back."""

    exporter = CsvFeed()
    options = CsvOptions(item_id="id")
    codec = "utf-8"

    def rows(self, data: bytes) -> list[dict[str, str]]:
        text = io.StringIO(data.decode(self.codec), newline="")
        return list(
            csv.DictReader(text, delimiter=self.options.separator, quotechar=self.options.quote)
        )

    def items(self, rows: list[dict[str, str]]) -> list[Item]:
        return [{k: self.values(k, v) for k, v in row.items() if v} for row in rows]

    def values(self, name: str, cell: str) -> list[str]:
        return cell.split(self.options.list_separator) if name == self.list_target else [cell]

    def read(self, data: bytes) -> list[Item]:
        return self.items(self.rows(data))

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        rows = self.rows(data)
        actions = [row.pop(self.options.action_column) for row in rows]
        assert set(actions) <= {self.options.upsert_value, self.options.delete_value}
        gone = [action == self.options.delete_value for action in actions]
        kept = [row for row, is_gone in zip(rows, gone, strict=True) if not is_gone]
        ids = [row["id"] for row, is_gone in zip(rows, gone, strict=True) if is_gone]
        return self.items(kept), ids


class TestUsual(CsvTests):
    pass


class TestWindows(CsvTests):
    options = CsvOptions(
        item_id="id",
        separator=";",
        quote="'",
        quoting="all",
        encoding="utf-16le",
        line_ending="crlf",
        list_separator=" / ",
        action_column="update-delete",
        upsert_value="",
        delete_value="D",
    )
    codec = "utf-16"


class TestTabsForSpreadsheets(CsvTests):
    options = CsvOptions(item_id="id", separator="\t", encoding="utf-8-sig", suffix="tsv")
    codec = "utf-8-sig"


class TestCyrillic(CsvTests):
    options = CsvOptions(item_id="id", encoding="windows-1251")
    codec = "cp1251"

    def as_read(self, text: str) -> str:
        return text.encode("cp1251", errors="replace").decode("cp1251")


del CsvTests, ExporterTests  # they are bases: only what derives from them is a test


@pytest.fixture
def shoes() -> pl.DataFrame:
    names = ["Derby; black", "Ботинки", "=1+1", "-5", None]
    return pl.DataFrame({"sku": ["a", "b", "c", "d", "e"], "name": names})


def test_only_values_that_need_it_are_quoted(shoes):
    assert write(shoes.head(2), CsvOptions(separator=";")).decode() == (
        'sku;name\na;"Derby; black"\nb;Ботинки\n'
    )


def test_all_values_are_quoted_on_demand(shoes):
    options = CsvOptions(quoting="all", line_ending="crlf")
    assert write(shoes.tail(1), options) == b'"sku","name"\r\n"e",""\r\n'


def test_a_file_without_header_begins_with_items(shoes):
    assert write(shoes.tail(2), CsvOptions(header=False)) == b"d,-5\ne,\n"


def test_a_file_of_bare_ids_has_no_blank_rows():
    data = write(pl.DataFrame({"sku": ["a", None]}), CsvOptions())
    assert list(csv.reader(io.StringIO(data.decode()))) == [["sku"], ["a"], [""]]


def test_the_byte_order_mark_comes_once(shoes):
    out = io.BytesIO()
    options = CsvOptions(encoding="utf-16le")
    CsvFeed().write(shoes.iter_slices(2), out, options, context=CONTEXT)

    assert out.getvalue().count(b"\xff\xfe") == 1
    assert out.getvalue().decode("utf-16").startswith("sku,name\n")


def test_characters_that_the_encoding_lacks_are_replaced_and_counted():
    frame = pl.DataFrame({"sku": ["a"], "name": ["Ботинки? 革靴"]})
    out = io.BytesIO()
    options = CsvOptions(encoding="windows-1251")
    written = CsvFeed().write([frame], out, options, context=CONTEXT)

    assert out.getvalue().decode("cp1251") == "sku,name\na,Ботинки? ??\n"
    assert written.notes == {"replaced_characters": 2}


def test_characters_that_the_encoding_lacks_refuse_the_file_on_demand():
    frame = pl.DataFrame({"sku": ["a"], "name": ["革靴"]})
    options = CsvOptions(encoding="windows-1251", unencodable="refuse")

    with pytest.raises(Refused) as refused:
        write(frame, options)

    (violation,) = refused.value.violations
    assert violation.text == 'The encoding of the feed has no character "革靴"'


def test_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_are_not(shoes):
    data = write(shoes.slice(2, 2), CsvOptions(formula_guard=True))
    assert data == b"sku,name\nc,'=1+1\nd,-5\n"


def test_formulas_are_left_alone_for_machines(shoes):
    assert write(shoes.slice(2, 1), CsvOptions()) == b"sku,name\nc,=1+1\n"


def test_lists_that_hold_their_own_separator_are_counted():
    frame = pl.DataFrame({"sku": ["a", "b", "c"], "colours": [["x|y", "z"], ["x"], None]})
    out = io.BytesIO()
    written = CsvFeed().write([frame], out, CsvOptions(), context=CONTEXT)

    assert written.notes == {"ambiguous_lists": 1}


def test_a_removal_without_an_id_column_is_a_mistake():
    frame = pl.DataFrame({"name": ["x"]})
    with pytest.raises(ValueError, match="needs the column sku"):
        CsvFeed().write(
            [frame], io.BytesIO(), CsvOptions(), context=CONTEXT, delta=True, removed=["a"]
        )


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"separator": "ab"}, "separator"),
        ({"separator": "€"}, "separator"),
        ({"separator": "\n"}, "separator"),
        ({"quote": ","}, "quote"),
        ({"quoting": "some"}, "quoting"),
        ({"header": "yes"}, "header"),
        ({"name": "../secret"}, "name"),
        ({"suffix": "a/b"}, "suffix"),
        ({"list_separator": ""}, "list_separator"),
        ({"action_column": ""}, "action_column"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_cannot_work_are_refused_by_name(document, path):
    with pytest.raises(Refused) as refused:
        parse_options(CsvOptions, document)

    assert [violation.path for violation in refused.value.violations] == [path]


def test_the_key_is_required_and_unique():
    rules = CsvFeed().requirements(CsvOptions(item_id="SKU")).rules()
    assert [rule.code for rule in rules] == ["SKU.required", "SKU.unique"]


def test_awkward_headers_are_quoted_as_values_are():
    names = ["sku", 'size, "EU"', AWKWARD["cyrillic"]]
    data = write(pl.DataFrame({name: ["x"] for name in names}), CsvOptions())
    assert next(csv.reader(io.StringIO(data.decode()))) == names
