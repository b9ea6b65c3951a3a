"""YML, read back by lxml."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import polars as pl
import pytest
from lxml import etree

from exporters.contract import WriteContext, parse_options
from exporters.testing import CONTEXT, ExporterTests, Item
from exporters.yandex_market import YandexMarket, YandexOptions
from exporters.yandex_market.categories import number_of
from pim.errors import Refused
from tests.unit.exporters.mutants import Values, found, mutated

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def catalogue(frame: pl.DataFrame, *, context: WriteContext = CONTEXT, **document: object):
    out = io.BytesIO()
    options = parse_options(YandexOptions, document)
    YandexMarket().write(frame.iter_slices(1), out, options, context=context)
    return etree.fromstring(out.getvalue())


class YmlTests(ExporterTests):
    """Read offers back."""

    exporter = YandexMarket()
    options = YandexOptions()
    text_target = "name"
    list_target = "picture"

    def as_read(self, text: str) -> str:
        return FORBIDDEN.sub("", text)

    def read(self, data: bytes) -> list[Item]:
        return [self.item(each) for each in etree.fromstring(data).iterfind("shop/offers/offer")]

    def item(self, offer) -> Item:
        item: Item = {"id": [offer.get("id")]}
        for child in offer:
            item.setdefault(child.tag, []).append(child.text or "")
        return item

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        items = self.read(data)
        gone = [item["id"][0] for item in items if item.get("disabled") == ["true"]]
        return [item for item in items if "disabled" not in item], gone


class TestUtf8(YmlTests):
    pass


class TestWindows(YmlTests):
    options = YandexOptions(encoding="windows-1251", offers="vendor.model")


del YmlTests, ExporterTests  # they are bases: only what derives from them is a test

OFFERS = pl.DataFrame(
    {
        "id": ["a", "b", "c"],
        "group_id": ["DERBY", "DERBY", None],
        "available": ["true", "false", "true"],
        "name": ["Derby 38", "Derby 39", "Belt"],
        "price": ["100", "100", "40"],
        "categoryId": ["women > derbies", "women > derbies", "107"],
        "category": ["Женщинам > Дерби", "Женщинам > Дерби", "Ремни"],
        "param.Размер@EU": ["38", "39", None],
        "param.Цвет": ["чёрный", None, "тёмно-«синий»"],
        "condition.type": [None, None, "refurbished"],
        "condition.reason": [None, None, "scratch & dent"],
    }
)


def test_the_head_names_shop_date_and_currency():
    root = catalogue(OFFERS, company="Shoes Ltd")

    assert root.get("date") == "2026-12-26T09:00:00+03:00"
    assert root.findtext("shop/name") == CONTEXT.label
    assert root.findtext("shop/company") == "Shoes Ltd"
    assert root.findtext("shop/url") == CONTEXT.link
    assert [dict(each.attrib) for each in root.iterfind("shop/currencies/currency")] == [
        {"id": "GBP", "rate": "1"}
    ]


def test_the_date_follows_the_moment_of_the_publication_and_no_clock():
    later = replace(CONTEXT, as_of=CONTEXT.as_of.replace(year=2031))
    root = catalogue(OFFERS, context=later, date="classic", utc_offset=0)
    assert root.get("date") == "2031-12-26 06:00"


def test_categories_stand_before_the_offers_parents_first():
    root = catalogue(OFFERS)
    found = [(e.text, e.get("id"), e.get("parentId")) for e in root.iter("category")]
    women, derbies = str(number_of("women")), str(number_of("derbies"))

    assert found == [
        ("Женщинам", women, None),
        ("Дерби", derbies, women),
        ("Ремни", "107", None),
    ]
    assert [e.text for e in root.iter("categoryId")] == [derbies, derbies, "107"]
    assert [e.tag for e in root.find("shop")][-2:] == ["categories", "offers"]


def test_a_category_keeps_its_number_when_it_is_renamed_or_moved():
    moved = OFFERS.with_columns(
        categoryId=pl.lit("sale > WOMEN > derbies"), category=pl.lit("Sale > Damen > Schnürer")
    )
    ids = {e.text: e.get("id") for e in catalogue(moved).iter("category")}

    assert ids["Damen"] == str(number_of("women"))
    assert ids["Schnürer"] == str(number_of("derbies"))


def test_a_number_of_a_category_has_at_most_eighteen_digits():
    assert all(0 < number_of(f"code {n}") < 10**18 for n in range(1_000))
    assert number_of("0107") != 107


def test_names_that_do_not_fit_the_codes_name_the_last_level_only():
    frame = OFFERS.head(1).with_columns(category=pl.lit("Дерби"))
    assert [e.text for e in catalogue(frame).iter("category")] == ["women", "Дерби"]


def test_two_codes_of_one_number_are_refused():
    clash = str(number_of("women"))
    frame = OFFERS.head(2).with_columns(categoryId=pl.Series(["women", clash]))
    with pytest.raises(Refused, match="same id"):
        catalogue(frame)


def test_characteristics_have_a_name_and_a_unit():
    params = [(e.get("name"), e.get("unit"), e.text) for e in catalogue(OFFERS).iter("param")]
    assert params == [
        ("Размер", "EU", "38"),
        ("Цвет", None, "чёрный"),
        ("Размер", "EU", "39"),
        ("Цвет", None, "тёмно-«синий»"),
    ]


def test_variants_share_a_group_and_stock_is_an_attribute():
    offers = catalogue(OFFERS).findall("shop/offers/offer")
    assert [(e.get("group_id"), e.get("available"), e.get("type")) for e in offers] == [
        ("DERBY", "true", None),
        ("DERBY", "false", None),
        (None, "true", None),
    ]


def test_used_goods_are_described_in_one_element():
    found = catalogue(OFFERS).findall("shop/offers/offer/condition")
    assert [(e.get("type"), e.findtext("reason")) for e in found] == [
        ("refurbished", "scratch & dent")
    ]


def test_the_other_type_of_offer_says_so():
    offers = catalogue(OFFERS, offers="vendor.model").iter("offer")
    assert {e.get("type") for e in offers} == {"vendor.model"}


def test_currencies_that_items_name_are_listed_and_the_rouble_is_spelled_as_asked():
    frame = OFFERS.with_columns(currencyId=pl.Series(["RUB", "EUR", None]))
    root = catalogue(frame, context=replace(CONTEXT, currency="RUB"), rouble="RUR")

    listed = [(e.get("id"), e.get("rate")) for e in root.iter("currency")]
    assert listed == [("RUR", "1"), ("EUR", "CBRF")]
    assert [e.text for e in root.iter("currencyId")] == ["RUR", "EUR"]


def test_a_target_that_is_no_element_is_refused():
    with pytest.raises(Refused, match="not the name of an element"):
        catalogue(OFFERS.rename({"price": "the price"}))


@pytest.mark.parametrize(
    "document", [{"utc_offset": 15}, {"category_separator": ""}, {"offers": "book"}]
)
def test_senseless_options_are_refused(document):
    with pytest.raises(Refused):
        parse_options(YandexOptions, document)


GOOD: Values = {
    "id": "DERBY-38",
    "group_id": "DERBY",
    "available": "true",
    "bid": "10",
    "name": "Derby 38",
    "typePrefix": "Derby",
    "vendor": "Nordvik",
    "model": "Derby 38",
    "vendorCode": "D-38",
    "description": "<p>Calf leather</p>",
    "sales_notes": "Prepaid",
    "categoryId": "women > derbies",
    "category": "Женщинам > Дерби",
    "market_category": "Туфли",
    "url": "https://shop.example/1",
    "picture": ["https://i.example/1.jpg"],
    "video": ["https://i.example/1.mp4"],
    "price": "90",
    "oldprice": "100",
    "purchase_price": "40",
    "cofinance_price": "80",
    "additional_expenses": "1",
    "currencyId": "RUB",
    "vat": "VAT_20",
    "count": "3",
    "min-quantity": "1",
    "step-quantity": "1",
    "box-count": "1",
    "disabled": "false",
    "delivery": "true",
    "pickup": "true",
    "store": "true",
    "barcode": ["4006381333931"],
    "country_of_origin": "Португалия",
    "manufacturer": "Nordvik",
    "weight": "1.001",
    "dimensions": "33.5/21/12",
    "condition.type": "refurbished",
    "condition.quality": "good",
    "condition.reason": "A scratch",
    "manufacturer_warranty": "true",
    "adult": "false",
    "downloadable": "false",
    "age": "18",
    "param.Размер": "38",
}
RELATIONS: dict[str, list[Values]] = {
    "oldprice.above_price": [{**GOOD, "price": "100"}],
    "oldprice.reduction": [{**GOOD, "price": "95.01"}],
    "condition.whole": [{**GOOD, "condition.quality": None}],
    "group_id.variants_differ": [GOOD, {**GOOD, "id": "DERBY-39"}],
}
RULES = {
    rule.code: rule
    for options in (YandexOptions(), YandexOptions(offers="vendor.model"))
    for rule in YandexMarket().requirements(options).rules()
}


def test_a_good_offer_breaks_no_rule():
    assert found(YandexMarket(), YandexOptions(), [GOOD]) == set()


def test_a_reduction_of_exactly_five_percent_is_one():
    assert found(YandexMarket(), YandexOptions(), [{**GOOD, "price": "95.00"}]) == set()


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_an_offer_that_breaks_it(code):
    items = RELATIONS.get(code) or mutated(RULES[code], GOOD, {"param.*": "param.Размер"})
    kinds = (YandexOptions(), YandexOptions(offers="vendor.model"))
    assert any(code in found(YandexMarket(), options, items) for options in kinds)


def test_older_readers_take_shorter_texts():
    long = [{**GOOD, "name": "x" * 151, "description": "y" * 3001}]
    assert found(YandexMarket(), YandexOptions(), long) == set()
    assert found(YandexMarket(), YandexOptions(limits="classic"), long) == {
        "name.max_length",
        "description.max_length",
    }


INTERFACE = "schemas/yandex_api/openapi/components/schemas"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("target", "schema", "limit"),
    [
        ("id", "ShopSku", "max_length"),
        ("name", "OfferName", "max_length"),
        ("description", "OfferDescription", "max_length"),
        ("url", "Url", "max_length"),
        ("picture", "Url", "max_length"),
    ],
)
def test_lengths_are_those_of_the_markets_own_interface(shared_data, target, schema, limit):
    folder = (
        shared_data.parents[0] / "schemas" / "yandex_api" / "openapi" / "components" / "schemas"
    )
    told = re.search(r"maxLength: (\d+)", (folder / f"{schema}.yaml").read_text(encoding="utf-8"))
    requirement = YandexMarket().requirements(YandexOptions()).of(target)
    assert getattr(requirement, limit) == int(told[1])


@pytest.mark.shared
def test_counts_and_words_are_those_of_the_markets_own_interface(shared_data):
    folder = (
        shared_data.parents[0] / "schemas" / "yandex_api" / "openapi" / "components" / "schemas"
    )
    offer = (folder / "BaseOfferDTO.yaml").read_text(encoding="utf-8")
    requirements = YandexMarket().requirements(YandexOptions())

    for target, name in (("picture", "pictures"), ("video", "videos")):
        body = offer.split(f"\n  {name}:\n")[1].split("\n  manuals:")[0]
        assert requirements.of(target).max_items == int(re.search(r"maxItems: (\d+)", body)[1])
    for target, name in (("condition.type", "Type"), ("condition.quality", "QualityType")):
        words = (folder / f"OfferCondition{name}.yaml").read_text(encoding="utf-8")
        spelled = set(re.findall(r"^  - (\w+)$", words.lower(), re.MULTILINE))
        assert set(requirements.of(target).enumeration) == spelled - {"not_specified"}
