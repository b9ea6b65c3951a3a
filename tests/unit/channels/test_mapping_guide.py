"""The guide to mappings shows every step, and its examples do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from channels.mapping.compiled import compile_mapping
from channels.mapping.document import parse
from channels.mapping.schema import mapping_schema
from channels.steps.parameters import doc_line, json_schema, parameters_of
from channels.steps.registry import load_steps

from .conftest import make_context, rows

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "mapping.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n\n(.*?)(?=^###? |\Z)", GUIDE, re.MULTILINE | re.DOTALL))


def test_the_guide_has_every_step_and_no_other():
    assert set(SECTIONS) == set(load_steps())


def test_entry_points_are_the_steps_in_the_folder(steps):
    assert dict(load_steps()) == steps


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_examples_of_the_guide_do_what_they_say(name, structure, steps):
    section = SECTIONS[name]
    assert doc_line(steps[name]) in section
    document = json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])
    context = make_context(structure)

    parsed = parse({"target": document}, context, steps=steps)

    assert [v.text for v in parsed.violations] == []
    assert name in [step.name for step in parsed.mapping.targets["target"].steps]
    if told := re.search(r"^`(.*)` becomes `(.*)`\.$", section, re.MULTILINE):
        frame = rows(**{"name-en_GB": [told[1]]})
        assert compile_mapping(parsed.mapping, context).apply(frame).item() == told[2]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_steps_describe_their_parameters_as_json_schema(name, steps):
    schema = json_schema(steps[name])

    assert schema["properties"]["type"] == {"const": name}
    assert set(schema["properties"]) == {"type", *parameters_of(steps[name])}
    assert schema["description"].endswith(".")
    assert all(p.get("description") for n, p in schema["properties"].items() if n != "type")
    json.dumps(schema)


@pytest.mark.parametrize("height", [0, 2])
@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_step_bears_frames_that_lack_all_it_reads(name, height, structure, steps):
    document = json.loads(re.search(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)[1])
    context = make_context(structure)
    mapping = parse({"target": document}, context, steps=steps).mapping

    items = compile_mapping(mapping, context).apply(pl.DataFrame({"id": range(height)}))

    assert items.height == height
    assert items.schema["target"] in (pl.String, pl.List(pl.String))


def test_every_reference_of_the_schema_of_mappings_leads_somewhere(steps):
    schema = mapping_schema(steps)

    text = json.dumps(schema)
    named = set(re.findall(r'"#/\$defs/(\w+)"', text))

    assert named == set(schema["$defs"])
    assert {f"step_{name}" for name in steps} <= named
