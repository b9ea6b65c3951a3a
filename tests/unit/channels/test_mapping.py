"""Mappings as documents: locales, problems at their paths, whole frames, explanations."""

from __future__ import annotations

import polars as pl
import pytest

from channels.mapping.compiled import columns_needed, compile_mapping, finish_mapping, origin
from channels.mapping.document import parse
from channels.mapping.targets import UNMAPPED
from pim.errors import NotFound

from .conftest import make_context, rows


def compiled(document, context, steps):
    parsed = parse(document, context, steps=steps)
    assert [v.text for v in parsed.violations] == []
    return compile_mapping(parsed.mapping, context)


def test_what_reading_has_compiled_holds_no_more_than_compiling_anew(context, steps):
    added = {"type": "arithmetic", "do": "add", "field": "stock"}
    document = {
        "price": {"from": "price", "steps": [added]},
        "name": {"from": "name", "steps": [{"type": "coalesce", "fields": ["brand", "sku"]}]},
        "note": "note",
    }
    parsed = parse(document, context, steps=steps)
    assert [v.text for v in parsed.violations] == []

    anew = compile_mapping(parsed.mapping, context)
    finished = finish_mapping(parsed.mapping, context)

    assert finished.columns == anew.columns
    for one, other in zip(finished.compiled, anew.compiled, strict=True):
        assert one.name == other.name
        assert one.cell.expr.meta.eq(other.cell.expr)
        assert len(list(one.stages.held())) == len(list(other.stages.held()))


def test_targets_come_in_the_documents_order_as_text_or_lists(context, steps):
    document = {
        "b": "note",
        "a": {"value": "new"},
        "c": {"from": "materials"},
        "d": {"value": ["x", "y"]},
    }

    items = compiled(document, context, steps).apply(rows(note=["", "x"], materials=[[21], None]))

    assert items.schema == {
        "b": pl.String,
        "a": pl.String,
        "c": pl.List(pl.String),
        "d": pl.List(pl.String),
    }
    assert items.rows() == [(None, "new", ["calf"], ["x", "y"]), ("x", "new", None, ["x", "y"])]


def test_a_mapping_of_constants_alone_has_a_row_for_every_item(context, steps):
    constants = compiled({"a": {"value": "x"}}, context, steps)

    assert constants.apply(rows(note=["1", "2", "3"])).height == 3
    assert constants.apply(rows(note=[])).height == 0


def test_an_empty_frame_gives_an_empty_frame_of_the_same_types(context, steps):
    mapping = compiled({"a": {"value": "x"}, "b": "note", "c": "materials"}, context, steps)

    items = mapping.apply(rows(note=[], materials=[]))

    assert items.height == 0
    assert items.schema == {"a": pl.String, "b": pl.String, "c": pl.List(pl.String)}


def test_values_are_read_in_the_feeds_locale_channel_and_currency(mapped):
    frame = rows(
        **{
            "name-en_GB": ["Derby"],
            "name-de_DE": ["Derbyschuh"],
            "description-en_GB-web": ["web"],
            "description-en_GB-print": ["print"],
            "price-GBP": ["1"],
            "price-JPY": ["200"],
        }
    )

    assert mapped(frame, "name") == ["Derby"]
    assert mapped(frame, "NAME@de_de") == ["Derbyschuh"]
    assert mapped(frame, "description") == ["web"]
    assert mapped(frame, {"field": "description", "scope": "print"}) == ["print"]
    assert mapped(frame, {"field": "price", "currency": "JPY"}) == ["200"]


def test_fallback_locales_of_the_feed_fill_what_is_empty(mapped, structure):
    frame = rows(**{"name-de_DE": [None, "Halbschuh"], "name-en_GB": ["Derby", "Shoe"]})
    german = make_context(structure, locale="de_DE", fallback_locales=("en_GB",))
    none = {"type": "locale_fallback", "locales": []}

    assert mapped(frame, "name", within=german) == ["Derby", "Halbschuh"]
    assert mapped(frame, "name", none, within=german) == [None, "Halbschuh"]
    assert mapped(frame, "name@de_DE", within=german) == [None, "Halbschuh"]


def test_the_step_locale_fallback_names_other_locales(mapped, structure):
    frame = rows(**{"name-fr_FR": ["Derby (fr)"], "name-en_GB": ["Derby"]})
    german = make_context(structure, locale="de_DE", fallback_locales=("en_GB",))
    step = {"type": "locale_fallback", "locales": ["fr_FR"]}

    assert mapped(frame, "name", step, within=german) == ["Derby (fr)"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("nmae", [("", "mapping.unknown_field")]),
        ({"from": "name@xx_XX"}, [("from", "mapping.unknown_locale")]),
        ({"from": ["name", "nope"]}, [("from[1]", "mapping.unknown_field")]),
        ({"from": {"field": "price", "currency": "XXX"}}, [("from", "mapping.unknown_currency")]),
        ({"form": "name"}, [("form", "mapping.unknown_parameter"), ("", "mapping.no_source")]),
        ({}, [("", "mapping.no_source")]),
        (7, [("", "mapping.wrong_type")]),
        ({"from": "name", "steps": [{"type": "trunkate"}]},
         [("steps[0].type", "mapping.unknown_step")]),
        ({"from": "name", "steps": ["trim"]}, [("steps[0]", "mapping.wrong_type")]),
        ({"from": "name", "steps": [{"type": "truncate"}]},
         [("steps[0].length", "mapping.parameter_missing")]),
        ({"from": "name", "steps": [{"type": "truncate", "length": 0}]},
         [("steps[0].length", "mapping.out_of_range")]),
        ({"from": "name", "steps": [{"type": "truncate", "length": "9"}]},
         [("steps[0].length", "mapping.wrong_type")]),
        ({"from": "name", "steps": [{"type": "truncate", "length": True}]},
         [("steps[0].length", "mapping.wrong_type")]),
        ({"from": "name", "steps": [{"type": "truncate", "length": 2, "ending": "..."}]},
         [("steps[0].ending", "mapping.out_of_range")]),
        ({"from": "name", "steps": [{"type": "truncate", "length": 9, "unit": "chars"}]},
         [("steps[0].unit", "mapping.unknown_choice")]),
        ({"from": "name", "steps": [{"type": "trim", "colapse": True}]},
         [("steps[0].colapse", "mapping.unknown_parameter")]),
        ({"from": "name", "steps": [{"type": "extract", "pattern": "(a"}]},
         [("steps[0].pattern", "mapping.bad_pattern")]),
        ({"from": "name", "steps": [{"type": "extract", "pattern": "(?=a)"}]},
         [("steps[0].pattern", "mapping.bad_pattern")]),
        ({"from": "name", "steps": [{"type": "replace", "search": "(", "regex": True}]},
         [("steps[0].search", "mapping.bad_pattern")]),
        ({"from": "name", "steps": [{"type": "extract", "pattern": "a", "group": 1}]},
         [("steps[0].group", "mapping.out_of_range")]),
        ({"from": "name", "steps": [{"type": "category_path"}]},
         [("steps[0]", "mapping.wrong_kind")]),
        ({"from": "materials", "steps": [{"type": "number_format"}]},
         [("steps[0]", "mapping.wrong_kind")]),
        ({"from": "weight", "steps": [{"type": "unit_convert", "to": "KILOGRAMM"}]},
         [("steps[0].to", "mapping.unknown_unit")]),
        ({"from": "released", "steps": [{"type": "date_format", "pattern": "%d %B %H"}]},
         [("steps[0].pattern", "mapping.bad_pattern")]),
        ({"from": "updated", "steps": [{"type": "date_format", "time_zone": "Mars/North"}]},
         [("steps[0].time_zone", "mapping.unknown_time_zone")]),
        ({"from": "categories", "steps": [{"type": "category_path", "tree": "women"}]},
         [("steps[0].tree", "mapping.unknown_tree")]),
        ({"from": "colour", "steps": [{"type": "lookup", "table": "colors"}]},
         [("steps[0].table", "mapping.unknown_lookup")]),
        ({"from": "colour", "steps": [{"type": "lookup", "table": {"a": 1}}]},
         [("steps[0].table.a", "mapping.wrong_type")]),
        ({"from": "colour", "steps": [{"type": "option_label", "locale": "xx"}]},
         [("steps[0].locale", "mapping.unknown_locale")]),
        ({"from": "stock", "steps": [{"type": "round"}]},
         [("steps[0].to", "mapping.out_of_range")]),
        ({"from": "stock", "steps": [{"type": "round", "to": -1}]},
         [("steps[0].to", "mapping.out_of_range")]),
        ({"from": "stock", "steps": [{"type": "arithmetic", "do": "divide", "by": 0}]},
         [("steps[0].by", "mapping.bad_operand")]),
        ({"from": "stock", "steps": [{"type": "arithmetic", "do": "add"}]},
         [("steps[0].by", "mapping.bad_operand")]),
        ({"from": "stock", "steps": [{"type": "arithmetic", "do": "add", "field": "colours"}]},
         [("steps[0].field", "mapping.unknown_field")]),
        ({"from": "stock", "steps": [{"type": "arithmetic", "do": "add", "field": "materials"}]},
         [("steps[0].field", "mapping.bad_operand")]),
        ({"from": "weight", "steps": [{"type": "aggregate", "function": "sum"}]},
         [("steps[0].function", "mapping.wrong_kind")]),
        ({"from": "price", "steps": [{"type": "price_format", "pattern": "{sum}"}]},
         [("steps[0].pattern", "mapping.bad_pattern")]),
        ({"from": "name", "steps": [{"type": "trim"}, {"type": "locale_fallback", "locales": []}]},
         [("steps[1].type", "mapping.not_first")] ),
        ({"from": "name", "steps": [{"type": "locale_fallback", "locales": ["en_GB", "xx"]}]},
         [("steps[0].locales[1]", "mapping.unknown_locale")]),
        ({"from": "name", "steps": [{"type": "combine", "parts": ["brand", "nope"]}]},
         [("steps[0].parts[1]", "mapping.unknown_field")]),
        ({"from": "name", "steps": [{"type": "if", "when": {"field": "@value", "operator": "~"}}]},
         [("steps[0].when.operator", "mapping.unknown_choice"),
          ("steps[0].when.value", "mapping.wrong_type")]),
        ({"from": "name", "steps": [{"type": "if", "when": {"field": "nope", "operator": "="}}]},
         [("steps[0].when.field", "unknown_field")]),
        ({"from": "name", "steps": [{"type": "if", "when": 7}]},
         [("steps[0].when", "mapping.wrong_type")]),
    ],
)  # fmt: skip
def test_problems_are_named_at_their_place(faults, body, expected):
    found = [(path.removeprefix("mapping.out"), code) for path, code in faults(body)]

    assert found == expected


def test_messages_suggest_the_nearest_name(context, steps):
    document = {"a": "nmae", "b": {"from": "name", "steps": [{"type": "trunkate"}]}}

    field, step = parse(document, context, steps=steps).violations

    assert field.text == 'There is no field "nmae"'
    assert field.mend_text == "Did you mean name?"
    assert step.mend_text == "Did you mean truncate?"


def test_every_message_and_mend_can_be_filled(context, steps, structure):
    nowhere = make_context(structure, locale=None, currency=None, media_base_url="")
    document = {
        "a": "name",
        "b": "price",
        "c": {"from": "image", "steps": [{"type": "image_url"}]},
        "d": {"from": "stock", "steps": [{"type": "price_format"}]},
        "e": {},
    }

    parsed = parse(document, nowhere, steps=steps)

    assert [v.code for v in parsed.violations] == [
        "mapping.no_locale",
        "mapping.no_currency",
        "mapping.no_base_url",
        "mapping.no_currency",
        "mapping.no_source",
    ]
    assert all(v.text and v.mend_text for v in parsed.violations)


def test_a_mapping_that_is_no_table_is_refused(context, steps):
    assert [v.code for v in parse([], context, steps=steps).violations] == ["mapping.wrong_type"]


def test_columns_needed_are_those_that_the_mapping_reads(structure, steps):
    context = make_context(structure, fallback_locales=("de_DE",))
    document = {
        "title": {"from": "name", "steps": [{"type": "combine", "parts": ["brand"]}]},
        "price": {"from": "price", "steps": [{"type": "aggregate", "function": "min"}]},
        "weight": "weight",
        "images": {"from": "gallery", "steps": [{"type": "image_url"}]},
        "static": {"value": "x"},
    }

    mapping = parse(document, context, steps=steps).mapping

    assert columns_needed(mapping, context) == {
        "name-en_GB", "name-de_DE", "brand", "price-GBP", "root", "id", "level",
        "weight", "gallery",
    }  # fmt: skip
    assert compile_mapping(mapping, context).groups == {"root"}


def test_groups_are_found_in_nested_sources(context, steps):
    inner = {"from": "stock", "steps": [{"type": "aggregate", "function": "sum", "over": "parent"}]}
    document = {"a": {"from": "note", "steps": [{"type": "coalesce", "fields": [inner]}]}}

    assert compiled(document, context, steps).groups == {"parent"}


def test_what_a_lookup_lacks_stands_in_a_column_of_its_own(context, steps):
    lookup = {"type": "lookup", "table": {"black": "Jet", "calf": "leather"}}
    document = {
        "colour": {"from": "colour", "steps": [lookup, {"type": "prefix", "value": "c:"}]},
        "materials": {"from": "materials", "steps": [lookup]},
    }

    mapping = compiled(document, context, steps)
    items = mapping.apply(rows(colour=[11, 12, None], materials=[[21, 22], [21], None]))

    assert mapping.targets == ("colour", "materials")
    assert items.columns == [*mapping.targets, UNMAPPED + "colour", UNMAPPED + "materials"]
    assert items["colour"].to_list() == ["c:Jet", None, None]
    assert items[UNMAPPED + "colour"].to_list() == [None, "oxblood", None]
    assert items["materials"].to_list() == [["leather"], ["leather"], None]
    assert items[UNMAPPED + "materials"].to_list() == ["rubber", None, None]


def test_trace_tells_every_step(context, steps):
    document = {
        "title": {
            "from": "name",
            "steps": [
                {"type": "combine", "parts": ["brand"]},
                {"type": "truncate", "length": 5},
                {"type": "case", "to": "upper"},
            ],
        },
        "both": {"from": ["name@de_DE", "materials"]},
        "condition": {"value": "new"},
    }
    frame = rows(**{"name-en_GB": ["no", "Derby"]}, brand=["no", "Polka"], materials=[[21], [22]])
    mapping = compiled(document, context, steps)

    assert mapping.trace("title", frame, row=1) == [
        {"type": "from", "input": "name", "output": "Derby"},
        {"type": "combine", "input": "Derby", "output": "Derby Polka"},
        {"type": "truncate", "input": "Derby Polka", "output": "Derby"},
        {"type": "case", "input": "Derby", "output": "DERBY"},
    ]
    assert mapping.trace("both", frame) == [
        {"type": "from", "input": ["name@de_DE", "materials"], "output": ["calf"]}
    ]
    assert mapping.trace("condition", frame) == [{"type": "value", "input": None, "output": "new"}]
    with pytest.raises(NotFound):
        mapping.trace("nope", frame)


def test_origin_names_the_cell_that_a_value_comes_from(structure, steps):
    german = make_context(structure, locale="de_DE", fallback_locales=("en_GB",))
    document = {
        "title": {"from": "name", "steps": [{"type": "trim"}]},
        "both": {"from": ["note", "price"]},
        "french": {"from": "name", "steps": [{"type": "locale_fallback", "locales": ["fr_FR"]}]},
        "id": "sku",
        "condition": {"value": "new"},
    }
    frame = rows(
        **{"name-de_DE": ["Schuh", None], "name-en_GB": ["Shoe", "Shoe"], "price-GBP": ["1", "2"]},
        identifier=["a", "b"],
    )
    mapping = compiled(document, german, steps)

    def told(target, row):
        found = origin(mapping, target, frame, row=row)
        return found and (found.column, found.fallback)

    assert told("title", 0) == ("name-de_DE", False)
    assert told("title", 1) == ("name-en_GB", True)
    assert told("both", 0) == ("price-GBP", False)
    assert told("french", 1) is None
    assert told("id", 0) == ("identifier", False)
    assert told("condition", 0) is None
    assert origin(mapping, "title", frame, row=1).cell == ("name", "<all>", "en_GB")


def test_lookups_inside_other_steps_report_where_they_count(context, steps):
    lookup = {"from": "colour", "steps": [{"type": "lookup", "table": {"black": "Jet"}}]}
    when = {"field": "@value", "operator": "=", "value": "a"}
    document = {
        "combined": {"from": "note", "steps": [{"type": "combine", "parts": [lookup]}]},
        "chosen": {"from": "note", "steps": [{"type": "if", "when": when, "then": lookup}]},
        "filled": {"from": "brand", "steps": [{"type": "coalesce", "fields": [lookup]}]},
    }
    frame = rows(colour=[12, 12, 11], note=["a", "b", "a"], brand=[None, "x", None])

    items = compiled(document, context, steps).apply(frame)

    def lacking(target):
        return items[UNMAPPED + target].to_list()

    assert items["combined"].to_list() == ["a", "b", "a Jet"]
    assert lacking("combined") == ["oxblood", "oxblood", None]
    assert items["chosen"].to_list() == [None, "b", "Jet"]
    assert lacking("chosen") == ["oxblood", None, None]
    assert lacking("filled") == ["oxblood", None, None]
