"""Headers of the flat format and what their cells say."""

from __future__ import annotations

import pytest

from pim.structure.flat.columns import FLAG, JSON, LIST, PAIRS, WHOLE
from pim.structure.flat.entities import LAYOUTS


@pytest.mark.parametrize(
    ("entity", "header", "path"),
    [
        ("families", "requirements-web", ("requirements", "web")),
        ("families", "label-zh_Hans_CN", ("labels", "zh_Hans_CN")),
        ("family_variants", "variant-axes_2", ("levels", "2", "axes")),
        ("attributes", "number_min", ("properties", "number_min")),
        ("attributes", "useable_as_grid_filter", ("usable_in_grid",)),
    ],
)
def test_a_header_has_one_place_in_the_document_and_back(entity, header, path):
    layout = LAYOUTS[entity]

    assert layout.find(header).path == path
    assert layout.header_of(".".join(path)) == header


@pytest.mark.parametrize("header", ["label-", "requirements", "colour", "variant-axes_1"])
def test_a_strange_header_has_none(header):
    assert LAYOUTS["families"].find(header) is None


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (FLAG, "Yes", True),
        (FLAG, "0", False),
        (WHOLE, " 7 ", 7),
        (LIST, "a, b,,a", ["a", "b"]),
        (PAIRS, "weight:GRAM, size : INCH", {"weight": "GRAM", "size": "INCH"}),
        (JSON, '[{"value": 0.10}]', [{"value": "0.10"}]),
    ],
)
def test_a_cell_is_read(form, text, value):
    assert form.read(text) == value


@pytest.mark.parametrize(
    ("form", "text"), [(FLAG, "perhaps"), (WHOLE, "1.0"), (PAIRS, "weight"), (JSON, "{")]
)
def test_a_cell_that_says_nothing_readable_is_refused(form, text):
    with pytest.raises(ValueError):  # noqa: PT011 - each form has its own words
        form.read(text)
