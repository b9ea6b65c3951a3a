"""What is done once for equal neighbours comes to what is done for every row by itself."""

from __future__ import annotations

import io
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from channels.checking.check import check
from channels.mapping.compiled import compile_mapping
from channels.mapping.document import parse
from exporters.contract import WriteContext, load_exporters, parse_options, runs
from tests.unit.channels.conftest import AS_OF, make_context, rows, steps, structure

__all__ = ["steps", "structure"]  # fixtures

MAPPING = {
    "id": "identifier",
    "title": {
        "from": "name@en_GB",
        "steps": [
            {"type": "combine", "separator": " ", "parts": ["colour", "note"]},
            {"type": "truncate", "length": 12},
        ],
    },
    "description": {"from": "description", "steps": [{"type": "strip_html"}]},
    "link": {"from": "identifier", "steps": [{"type": "prefix", "value": "https://x.example/"}]},
    "additional_image_link": {"from": "gallery", "steps": [{"type": "image_url"}]},
    "availability": {
        "steps": [
            {
                "type": "if",
                "when": {"field": "stock", "operator": ">", "value": 0},
                "then": {"value": "in_stock"},
                "else": {"value": "out_of_stock"},
            }
        ]
    },
    "price": {"from": "price", "steps": [{"type": "price_format"}]},
    "color": {"from": "colour", "steps": [{"type": "lookup", "table": "colours"}]},
    "material": {"from": "materials", "steps": [{"type": "option_label"}]},
    "product_type": {"from": "categories", "steps": [{"type": "category_path"}]},
    "item_group_id": "root",
    "condition": {"value": "new"},
    "stock": {"from": "stock", "steps": [{"type": "aggregate", "function": "sum"}]},
}

texts = st.one_of(st.none(), st.text(st.sampled_from("ab<&\"\\;,\n\r\x07\ufffeé '"), max_size=6))
amounts = st.one_of(st.none(), st.integers(-2, 300).map(lambda n: str(Decimal(n) / 2)))
STYLE = {
    "name-en_GB": texts,
    "description-en_GB-web": texts,
    "colour": st.sampled_from([None, 11, 12, 99]),
    "materials": st.sampled_from([None, [], [21], [22, 21]]),
    "categories": st.sampled_from([None, [1], [2, 3], [5, 3], [7]]),
    "gallery": st.sampled_from([None, [], ["a b.jpg"], ["x.jpg", "y.jpg"]]),
    "price-GBP": amounts,
}
SIZE = {"stock": amounts, "note": texts}
SIZES = st.lists(st.fixed_dictionaries(SIZE), min_size=1, max_size=5)
STYLES = st.lists(st.tuples(st.fixed_dictionaries(STYLE), SIZES), max_size=5)


def frame_of(styles):
    each = [
        {**style, **size, "root": root, "root_code": f"R{root}", "level": "variant"}
        for root, (style, sizes) in enumerate(styles)
        for size in sizes
    ]
    names = [*STYLE, *SIZE, "root", "root_code", "level"]
    columns = {name: [one[name] for one in each] for name in names}
    ids = list(range(len(each)))
    return rows(id=ids, identifier=[f"I{n}" for n in ids], **columns)


@contextmanager
def finding_runs(many):
    before, runs.MANY = runs.MANY, many
    try:
        yield
    finally:
        runs.MANY = before


def written(items, exporter, options):
    out = io.BytesIO()
    chosen = parse_options(exporter.options, options)
    exporter.write([items], out, chosen, context=WriteContext(feed="x", as_of=AS_OF))
    return out.getvalue()


def outcome(mapping, frame):
    """Return everything that a publication makes of a frame, up to its bytes."""
    items = mapping.apply(frame)
    google, lines = load_exporters()["google_merchant"], load_exporters()["json_lines"]
    checked = check(
        items,
        google.requirements(google.options()),
        severities={"price": "drop_value", "title.required": "warning"},
        item_id="id",
        group=frame["root"],
        facts={"country": "GB", "currency": "GBP", "locale": "en_GB"},
    )
    files = [
        written(checked.frame, google, {}),
        written(checked.frame, google, {"format": "tsv"}),
        written(checked.frame, lines, {}),
        written(checked.frame, lines, {"nulls": True}),
        written(items.select("title", "id", "price"), lines, {"item_id": "id"}),
    ]
    return items, checked, files


@pytest.fixture(scope="module")
def mapping(structure, steps):
    context = make_context(structure)
    parsed = parse(MAPPING, context, steps=steps)
    assert [v.text for v in parsed.violations] == []
    return compile_mapping(parsed.mapping, context)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(styles=STYLES)
def test_a_publication_by_runs_is_one_by_rows(mapping, styles):
    frame = frame_of(styles)
    with finding_runs(0):
        items, checked, files = outcome(mapping, frame)
    with finding_runs(10**9):
        items_by_rows, by_rows, files_by_rows = outcome(mapping, frame)

    assert_frame_equal(items, items_by_rows)
    assert_frame_equal(checked.frame, by_rows.frame)
    assert_frame_equal(checked.violations, by_rows.violations)
    assert checked.report == by_rows.report
    assert checked.kept.to_list() == by_rows.kept.to_list()
    assert files == files_by_rows


def test_a_target_that_looks_at_its_group_is_never_done_by_runs(mapping):
    alone = {target.name: target.alone for target in mapping.compiled}

    assert not alone["stock"]
    assert all(alone[name] for name in alone if name != "stock")
