from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from pim.domain.conditions import parse
from pim.domain.structure import Codes, Locale
from pim.errors import NotFound, NotPermitted, Refused
from pim.projection import Reading
from pim.projection.viewer import Viewer
from tests.factories.shelves import EPOCH, SHOES, Layer, Thing, attribute, reading

EVERY_LEVEL = ("simple", "variant", "model", "sub_model")


def one(data):
    return {"<all>": {"<all>": data}}


STYLE = Thing(
    id=1, identifier="derby", family_variant=1, categories=(2,),
    values={
        "name": {"<all>": {"en_GB": "Derby", "de_DE": "Derby-Schuh"}},
        "price": {"web": {"<all>": {"EUR": "100", "GBP": "90"}}},
    },
)  # fmt: skip
RED = Thing(id=2, identifier="derby-red", family_variant=1, parent=1, values={"colour": one("b")})
SMALL = Thing(
    id=3, identifier="d-38", parent=2, family=1, categories=(3,), groups=(2,),
    values={"stock": one("12.5"), "price": {"web": {"<all>": {"EUR": "80"}}}},
)  # fmt: skip
LARGE = Thing(id=4, identifier="D-45", parent=2, family=1, values={"stock": one("3")})
POLISH = Thing(
    id=5, identifier="Éclat", family=2, enabled=False, updated=EPOCH + timedelta(days=3),
    values={
        "name": {"<all>": {"en_GB": "Polish"}},
        "weight": one({"amount": "2", "unit": "OUNCE"}),
        "launch": one("2026-03-01"),
        "material": one(["a", "c"]),
        "gallery": one(["z", "a"]),
        "spare": one({"type": "product", "identifier": "d-38"}),
        "vegan": one(False),
    },
)  # fmt: skip
SHOP = Layer(things=[STYLE, RED, SMALL, LARGE, POLISH])


@pytest.fixture
def shelf(tmp_path):
    with reading(tmp_path, SHOP) as opened:
        yield opened


def column(shelf, name, **more):
    return shelf.frame([name], **more)[name].to_list()


def test_values_come_from_the_lowest_level_that_has_them(shelf):
    assert column(shelf, "name-en_GB") == ["Derby", "Derby", "Polish"]
    assert column(shelf, "stock") == [Decimal("12.5"), Decimal(3), None]
    assert column(shelf, "colour") == [41, 41, None]


def test_an_overridden_price_does_not_mix_with_the_currencies_above(shelf):
    assert column(shelf, "price-web-EUR") == [Decimal(80), Decimal(100), None]
    assert column(shelf, "price-web-GBP") == [None, Decimal(90), None]


def test_columns_have_the_dtype_of_their_attribute_also_when_nothing_is_in_them(shelf):
    frame = shelf.frame(
        [
            "price-print-EUR",
            "vegan",
            "launch",
            "material",
            "gallery",
            "weight-unit",
            "title-en_GB-web",
        ]
    )
    assert list(frame.schema.values()) == [
        pl.Decimal(38, 10), pl.Boolean(), pl.Date(), pl.List(pl.Int64), pl.List(pl.String),
        pl.String(), pl.String(),
    ]  # fmt: skip
    assert frame.row(2) == (None, False, date(2026, 3, 1), [50, 52], ["z", "a"], "OUNCE", None)


def test_system_columns_say_where_a_product_stands(shelf):
    names = ["level", "parent", "parent_code", "root", "root_code", "colourway", "family_variant"]
    assert shelf.frame(names).rows() == [
        ("variant", 2, "derby-red", 1, "derby", 2, 1),
        ("variant", 2, "derby-red", 1, "derby", 2, 1),
        ("simple", None, None, None, None, None, None),
    ]
    assert shelf.frame(names, levels=("model", "sub_model")).rows() == [
        ("model", None, None, 1, "derby", None, 1),
        ("sub_model", 1, "derby", 1, "derby", 2, 1),
    ]
    assert column(shelf, "categories") == [[2, 3], [2], []]
    assert column(shelf, "groups") == [[2], [], []]
    assert column(shelf, "uuid")[0] == SMALL.uuid
    assert column(shelf, "updated") == [EPOCH, EPOCH, EPOCH + timedelta(days=3)]


def test_models_and_products_come_together_in_order_of_id(shelf):
    assert column(shelf, "id", levels=EVERY_LEVEL) == [1, 2, 3, 4, 5]
    assert column(shelf, "identifier", levels=("model", "simple")) == ["derby", "Éclat"]
    assert column(shelf, "family", levels=EVERY_LEVEL) == [1, 1, 1, 1, 2]


def test_rows_asked_for_by_id_come_in_the_order_asked(shelf):
    ids = pl.Series([5, 99, 3])
    assert column(shelf, "identifier", ids=ids) == ["Éclat", "d-38"]
    mixed = pl.Series([4, 1, 77, 5])
    assert column(shelf, "identifier", ids=mixed, levels=EVERY_LEVEL) == ["D-45", "derby", "Éclat"]


def test_names_are_found_without_regard_to_case_and_answered_as_asked(shelf):
    assert shelf.frame(["NAME-en_gb"]).columns == ["NAME-en_gb"]
    assert column(shelf, "NAME-en_gb")[0] == "Derby"


@pytest.mark.parametrize(
    "name", ["nothing", "name", "name-web", "price", "price-web", "price-web-XXX", "stock-en_GB"]
)
def test_a_name_that_fits_no_attribute_is_refused(shelf, name):
    with pytest.raises(NotFound, match="is not a column"):
        shelf.frame([name])


def test_a_later_segment_wins_and_what_is_gone_stays_away(tmp_path):
    moved = Thing(id=5, identifier="Wax", family=2)
    heavier = Thing(id=3, identifier="d-38", parent=2, family=1, values={"stock": one("1")})
    later = Layer(things=[STYLE, RED, heavier, Thing(id=9, identifier="new")], gone=[4])

    with reading(tmp_path, SHOP, Layer(things=[moved]), later) as shelf:
        assert shelf.frame(["id", "identifier", "stock", "name-en_GB"]).rows() == [
            (3, "d-38", 1, "Derby"),
            (5, "Wax", None, None),
            (9, "new", None, None),
        ]
        found = shelf.matching(parse({"field": "stock", "operator": "=", "value": 12.5}))
        assert found.to_list() == []


def search(shelf, sort, **more):
    return shelf.search(sort=sort, **more).ids.to_list()


def test_text_is_sorted_without_regard_to_case_and_accents_and_empty_comes_last(shelf):
    assert search(shelf, "identifier") == [3, 4, 5]
    assert search(shelf, "identifier", descending=True) == [5, 4, 3]
    assert search(shelf, "stock") == [4, 3, 5]
    assert search(shelf, "stock", descending=True) == [3, 4, 5]
    assert search(shelf, "identifier", levels=EVERY_LEVEL) == [3, 4, 1, 2, 5]


def test_rows_of_deltas_are_sorted_in_between(tmp_path):
    base = [Thing(id=n, identifier=code) for n, code in enumerate(["delta", "bravo", "Foxtrot"], 1)]
    later = [
        Thing(id=n, identifier=c) for n, c in enumerate(["charlie", "alpha", "cargo", "Bravo"], 4)
    ]
    nameless = Thing(id=8)
    with reading(tmp_path, Layer(things=base), Layer(things=[*later, nameless])) as shelf:
        frame = shelf.frame(["identifier"], ids=shelf.search(sort="identifier").ids)
    assert frame["identifier"].to_list() == [
        "alpha", "bravo", "Bravo", "cargo", "charlie", "delta", "Foxtrot", None,
    ]  # fmt: skip


def test_references_are_sorted_by_code(tmp_path):
    things = [Thing(id=1, family=1), Thing(id=2, family=2), Thing(id=3)]
    with reading(tmp_path, Layer(things=things)) as shelf:
        assert search(shelf, "family") == [2, 1, 3]


def test_lists_cannot_be_sorted_by(shelf):
    with pytest.raises(Refused, match="have no order"):
        shelf.search(sort="material")


def test_pages_together_are_the_whole_search(tmp_path):
    things = [Thing(id=n, values={"stock": one(str(n % 3))}) for n in range(1, 60)]
    with reading(tmp_path, Layer(things=things)) as shelf:
        for descending in (False, True):
            whole = search(shelf, "stock", limit=100, descending=descending)
            pages = [
                search(shelf, "stock", offset=start, limit=7, descending=descending)
                for start in range(0, 70, 7)
            ]
            assert [number for page in pages for number in page] == whole
            assert sorted(whole) == list(range(1, 60))


def test_text_is_looked_for_in_identifiers_and_labels(shelf):
    assert shelf.search(text="ÉCL").ids.to_list() == [5]
    assert shelf.search(text="schuh").ids.to_list() == [3, 4]
    assert shelf.search(text="derby", levels=EVERY_LEVEL).ids.to_list() == [1, 2, 3, 4]
    assert shelf.search(text="derby", offset=1, limit=1).total == 2


def test_segments_of_a_removed_locale_are_still_searched(tmp_path):
    fewer = replace(SHOES, locales=Codes([Locale(id=1, code="en_GB")]))
    with reading(tmp_path, SHOP) as shelf:
        now = Reading(shelf._catalogue, fewer)
        assert now.search(text="derby").ids.to_list() == [3, 4]
        assert now.search(text="schuh").ids.to_list() == []


def test_an_attribute_made_anew_with_another_type_starts_empty(tmp_path):
    attributes = [a for a in SHOES.attributes if a.code != "stock"]
    renewed = Codes([*attributes, attribute(99, "stock", "text")])
    with reading(tmp_path, SHOP) as shelf:
        now = Reading(shelf._catalogue, replace(SHOES, attributes=renewed))
        assert column(now, "stock") == [None, None, None]


def test_counts_tell_how_many_products_each_value_has(shelf):
    assert shelf.counts("family") == {1: 2, 2: 1}
    assert shelf.counts("categories") == {2: 2, 3: 1, None: 1}


def test_relative_times_follow_the_moment_of_the_reading(shelf):
    asked = parse({"field": "updated", "operator": ">", "value": "-1 day"}, SHOES)

    assert shelf.matching(asked, now=EPOCH + timedelta(days=3)).to_list() == [5]
    assert shelf.matching(asked, now=datetime(2027, 1, 1, tzinfo=UTC)).to_list() == []


def test_a_viewer_cannot_search_or_sort_by_what_is_hidden(shelf):
    viewer = Viewer(hidden=frozenset({"Stock"}))
    asked = parse({"field": "stock", "operator": ">", "value": 1}, SHOES)

    with pytest.raises(NotPermitted) as refused:
        shelf.matching(asked, viewer=viewer)
    assert refused.value.violations[0].path == "stock"
    with pytest.raises(NotPermitted):
        shelf.search(sort="stock", viewer=viewer)
    assert shelf.search(sort="identifier", viewer=viewer).total == 3


def test_a_viewer_sees_only_products_of_open_categories_and_of_none(shelf):
    assert shelf.matching(viewer=Viewer(categories=frozenset({"boots"}))).to_list() == [3, 5]
    assert shelf.matching(viewer=Viewer(categories=frozenset({"women"}))).to_list() == [3, 4, 5]
    assert shelf.search(viewer=Viewer(categories=frozenset())).ids.to_list() == [5]
