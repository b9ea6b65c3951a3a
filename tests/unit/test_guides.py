"""The guides name every key, guard, severity and column that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from marshmallow import Schema, fields

from channels.feeds.schemas import LEVELS, SEVERITIES, FeedSchema, GuardsSchema
from pim.staging.profiles.document import ProfileSchema
from pim.structure.flat import ENTITIES
from pim.structure.flat.entities import LAYOUTS

DOCS = Path(__file__).parents[2] / "docs"
FEEDS = (DOCS / "guides" / "feeds.md").read_text(encoding="utf-8")
IMPORTS = (DOCS / "guides" / "imports.md").read_text(encoding="utf-8")
FLAT = (DOCS / "reference" / "flat-format.md").read_text(encoding="utf-8")


def keys(schema: Schema) -> Iterator[str]:
    """Yield the keys of a document, those of nested ones too."""
    for name, field in schema.fields.items():
        yield name
        inner = field.value_field if isinstance(field, fields.Dict) else field
        if isinstance(inner, fields.Nested):
            yield from keys(inner.schema)


def explained(text: str) -> set[str]:
    """Return every word in code, of dotted ones the last part too."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return {word for span in spans for word in re.findall(r"[A-Za-z_]+-?", span)}


def test_every_key_of_a_feed_is_explained():
    assert set(keys(FeedSchema())) - explained(FEEDS) == set()


def test_every_severity_guard_and_level_is_explained():
    words = {*SEVERITIES, *LEVELS, *GuardsSchema().fields}
    assert words - explained(FEEDS) == set()


def test_defaults_of_guards_are_as_the_guide_says():
    for name, value in GuardsSchema().load({}).items():
        assert f"| `{name}` | {value} |" in FEEDS


def test_every_key_of_a_profile_is_explained():
    assert set(keys(ProfileSchema())) - explained(IMPORTS) == set()


@pytest.mark.parametrize("entity", [each.code for each in ENTITIES])
def test_every_file_of_the_flat_format_has_its_columns_explained(entity):
    assert f"| `{entity}` |" in FLAT
    if entity in LAYOUTS:
        layout = LAYOUTS[entity]
        headers = {column.header.rstrip("_") for column in (*layout.columns, *layout.patterns)}
        assert {h for h in headers if not re.search(rf"`{re.escape(h)}", FLAT)} == set()
