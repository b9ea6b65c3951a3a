"""Answers that segments remember: the same as anew, whoever asks, whatever was written between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from pim.domain.conditions import parse
from pim.domain.structure import Codes
from pim.projection import Reading, masks, searched
from pim.projection.catalogue import Catalogue
from pim.projection.viewer import Viewer
from tests.factories.shelves import EPOCH, SHOES, Layer, Thing, attribute, reading


def one(data):
    return {"<all>": {"<all>": data}}


def named(name):
    return {"name": {"<all>": {"en_GB": name}}}


THINGS = [
    Thing(id=1, identifier="a-1", family=1, categories=(3,), values={**named("Derby"),
          "stock": one("3")}),
    Thing(id=2, identifier="b-2", family=1, categories=(4,), values={**named("Boot"),
          "stock": one("9")}),
]  # fmt: skip
#: No variant may have a name of its own, so that all labels are looked through at once.
PLAIN = replace(
    SHOES,
    family_variants=Codes(replace(v, overridable=frozenset()) for v in SHOES.family_variants),
)
PLENTY = parse({"field": "stock", "operator": ">", "value": "5"}, SHOES)


@pytest.fixture
def shelf(tmp_path):
    with reading(tmp_path, Layer(things=THINGS)) as made:
        yield made


def remembered(shelf):
    return shelf._catalogue.pieces[0].worked_out(shelf.structure).get("masks", {})


def with_later(shelf, things, folder):
    """Return a reading of the same base with rows in memory beside it, as after a write."""
    with reading(folder, Layer(things=things)) as other:
        known = shelf._catalogue
        beside = [other._catalogue.pieces[0]]
        return Reading(Catalogue(known.folder, known.lease, before=known, beside=beside), SHOES)


def test_an_answer_is_worked_out_once_per_segment(shelf):
    assert shelf.matching(PLENTY).to_list() == [2]
    (mask,) = remembered(shelf).values()

    assert shelf.search(PLENTY, sort="identifier").ids.to_list() == [2]
    assert [each is mask for each in remembered(shelf).values()] == [True]


def test_a_write_between_two_equal_questions_is_seen(shelf, tmp_path):
    assert shelf.matching(PLENTY).to_list() == [2]
    assert shelf.search(text="boot").ids.to_list() == [2]

    changed = [Thing(id=1, identifier="a-1", family=1, values={**named("Boot"),
               "stock": one("7")})]  # fmt: skip
    now = with_later(shelf, changed, tmp_path / "later")

    assert now.matching(PLENTY).to_list() == [1, 2]
    assert now.search(text="boot").ids.to_list() == [1, 2]
    assert now.search(text="derby").ids.to_list() == []
    assert shelf.matching(PLENTY).to_list() == [2]


def test_counts_follow_a_write(shelf, tmp_path):
    assert shelf.counts("family") == {1: 2}
    now = with_later(shelf, [Thing(id=2, identifier="b-2", family=2)], tmp_path / "later")

    assert now.counts("family") == {1: 1, 2: 1}
    now.counts("family").clear()
    assert now.counts("family") == {1: 1, 2: 1}


def test_two_viewers_never_share_what_they_see(shelf):
    boots = Viewer(categories=frozenset({"boots"}))
    nothing = Viewer(categories=frozenset())

    assert shelf.matching(PLENTY).to_list() == [2]
    assert shelf.matching(PLENTY, viewer=nothing).to_list() == []
    assert shelf.matching(viewer=boots).to_list() == [1]
    assert shelf.matching(PLENTY, viewer=boots).to_list() == []
    assert shelf.matching(PLENTY).to_list() == [2]


def test_a_relative_day_is_another_one_later(tmp_path):
    dated = replace(SHOES, attributes=Codes([*SHOES.attributes, attribute(90, "due", "date")]))
    things = [Thing(id=1, values={"due": one("2026-03-10")})]
    asked = parse({"field": "due", "operator": ">", "value": "-2 days"}, dated)
    with reading(tmp_path, Layer(things=things), structure=dated) as shelf:
        for day, expected in ((11, [1]), (20, []), (11, [1])):
            moment = datetime(2026, 3, day, 12, tzinfo=UTC)
            assert shelf.matching(asked, now=moment).to_list() == expected


def test_a_relative_moment_is_not_remembered(shelf):
    asked = parse({"field": "updated", "operator": ">", "value": "-1 day"}, SHOES)

    assert shelf.matching(asked, now=EPOCH).to_list() == [1, 2]
    assert shelf.matching(asked, now=datetime(2027, 1, 1, tzinfo=UTC)).to_list() == []
    assert not remembered(shelf)


def test_another_structure_is_asked_anew(shelf):
    assert shelf.search(text="derby").ids.to_list() == [1]
    families = [replace(f, attribute_as_label=None) for f in SHOES.families]
    unnamed = replace(SHOES, version=SHOES.version + 1, families=Codes(families))

    assert Reading(shelf._catalogue, unnamed).search(text="derby").ids.to_list() == []


def test_no_more_answers_are_remembered_than_memory_is_given(shelf):
    shelf.search(text="kept")
    for number in range(2 * masks.REMEMBERED):
        shelf.search(text=f"word {number}")
        shelf.search(text="kept")

    assert len(remembered(shelf)) == masks.REMEMBERED
    assert any("kept" in key for key in remembered(shelf))


def test_identifiers_are_found_wherever_they_stand_in_their_run(tmp_path):
    many = 3 * searched.RUN + 5
    things = [Thing(id=n, identifier=f"Sku{n:04}" if n % 7 else None) for n in range(1, many)]
    with reading(tmp_path, Layer(things=things)) as shelf:
        for text in ("sku0001", f"sku{many - 1:04}", "SKU00", "0064", "9sku", "4\0", "7"):
            expected = [t.id for t in things if text.lower() in (t.identifier or "").lower()]
            assert shelf.search(text=text, limit=many).ids.to_list() == expected


@pytest.mark.parametrize("structure", [SHOES, PLAIN])
def test_a_text_is_found_in_each_label_but_not_across_two(tmp_path, structure):
    both = {"name": {"<all>": {"de_DE": "Halb", "en_GB": "Schuh"}}}
    things = [Thing(id=1, family=1, values=both), Thing(id=2, family=1)]
    with reading(tmp_path, Layer(things=things), structure=structure) as shelf:
        for text, expected in (("halb", [1]), ("SCHUH", [1]), ("halbschuh", []), ("b\0s", [])):
            assert shelf.search(text=text).ids.to_list() == expected


@pytest.mark.parametrize("structure", [SHOES, PLAIN])
def test_labels_of_owners_are_found_beside_own_ones(tmp_path, structure):
    things = [
        Thing(id=1, identifier="style", family_variant=1, values=named("Warm Derby")),
        Thing(id=2, parent=1, family=1),
        Thing(id=3, family=1, values=named("Derby")),
        Thing(id=4, family=1),
    ]
    with reading(tmp_path, Layer(things=things), structure=structure) as shelf:
        assert shelf.search(text="derby").ids.to_list() == [2, 3]
        assert shelf.search(text="warm d").ids.to_list() == [2]
        assert shelf.search(text="derby", levels=("model",)).ids.to_list() == [1]


def test_a_column_of_every_product_is_not_changed_by_asking(shelf):
    before = pl.Series(shelf.matching())
    shelf.matching(parse({"not": {"field": "level", "operator": "IN", "value": ["simple"]}}, SHOES))
    assert shelf.matching().equals(before)
