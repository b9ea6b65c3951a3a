"""JSON lines, read back by the standard library's json."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from exporters.json_lines import JsonLines, JsonOptions
from exporters.testing import CONTEXT, ExporterTests, Item
from pim.errors import Refused


def parsed(data: bytes) -> list[dict[str, Any]]:
    assert data == b"" or data.endswith(b"\n")
    lines = data.decode().split("\n")[:-1]
    return [json.loads(line, parse_float=Decimal) for line in lines]


def write(frame: pl.DataFrame, options: JsonOptions) -> list[dict[str, Any]]:
    out = io.BytesIO()
    JsonLines().write([frame], out, options, context=CONTEXT)
    return parsed(out.getvalue())


class JsonTests(ExporterTests):
    """Read objects back."""

    exporter = JsonLines()
    options = JsonOptions()

    def read(self, data: bytes) -> list[Item]:
        return [self.item(each) for each in parsed(data)]

    def item(self, found: dict[str, Any]) -> Item:
        return {
            k: v if isinstance(v, list) else [v] for k, v in found.items() if v not in (None, [])
        }

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        found = parsed(data)
        gone = [each["id"] for each in found if each.get("_deleted")]
        return [self.item(each) for each in found if not each.get("_deleted")], gone


class TestUsual(JsonTests):
    pass


class TestWithNulls(JsonTests):
    options = JsonOptions(nulls=True, nested=False)


del JsonTests, ExporterTests  # they are bases: only what derives from them is a test

SHOES = pl.DataFrame(
    {
        "id": ["a", "b"],
        "price.amount": ["129.90", None],
        "price.currency": ["EUR", None],
        "size.eu.label": [None, "38"],
        "stock": ["12", "007"],
        "new": ["true", "yes"],
        "tags": [["x"], []],
    }
)


def test_dotted_targets_become_objects_and_absent_values_have_no_key():
    assert write(SHOES, JsonOptions()) == [
        {
            "id": "a",
            "price": {"amount": "129.90", "currency": "EUR"},
            "stock": "12",
            "new": "true",
            "tags": ["x"],
        },
        {"id": "b", "size": {"eu": {"label": "38"}}, "stock": "007", "new": "yes"},
    ]


def test_absent_values_are_null_on_demand_at_every_depth():
    assert write(SHOES.tail(1), JsonOptions(nulls=True)) == [
        {
            "id": "b",
            "price": {"amount": None, "currency": None},
            "size": {"eu": {"label": "38"}},
            "stock": "007",
            "new": "yes",
            "tags": None,
        }
    ]


def test_dotted_targets_stay_flat_on_demand():
    (item,) = write(SHOES.head(1), JsonOptions(nested=False))
    assert (item["price.amount"], item["price.currency"]) == ("129.90", "EUR")


def test_numbers_keep_every_digit_and_what_is_none_stays_text():
    options = JsonOptions(numbers=("price.amount", "stock"), booleans=("new",))
    first, second = write(SHOES, options)

    assert str(first["price"]["amount"]) == "129.90"
    assert (first["stock"], second["stock"]) == (12, "007")
    assert (first["new"], second["new"]) == (True, "yes")


def test_promised_numbers_are_demanded():
    rules = JsonLines().requirements(JsonOptions(numbers=("stock",))).rules()
    assert [rule.code for rule in rules] == ["id.required", "id.unique", "stock.format"]


@pytest.mark.parametrize(
    "names", [("price", "price.amount"), ("price.amount", "price"), ("a.b.c", "a.b")]
)
def test_a_target_that_is_both_value_and_object_is_refused(names):
    frame = pl.DataFrame({name: ["x"] for name in names})
    with pytest.raises(Refused, match="both a value and an object"):
        write(frame, JsonOptions())


def test_awkward_keys_are_escaped():
    name = 'size "EU" \\ размер'
    assert write(pl.DataFrame({name: ["38"]}), JsonOptions()) == [{name: "38"}]


def test_a_list_of_numbers_keeps_its_elements():
    frame = pl.DataFrame({"id": ["a"], "sizes": [["38", "38.5"]]})
    assert write(frame, JsonOptions()) == [{"id": "a", "sizes": ["38", "38.5"]}]
