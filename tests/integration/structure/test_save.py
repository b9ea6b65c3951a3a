"""What the structure accepts, and what it refuses with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pim.db import change_log
from pim.structure.service import NOUNS, save


def reasons(outcome):
    assert outcome.status == "rejected"
    return [(v.code, v.path) for v in outcome.violations if v.severity == "error"]


def test_a_code_is_found_without_regard_to_case_and_keeps_its_spelling(shoes):
    outcome = shoes.save("attribute", code="NAME", group="GENERAL", labels={"EN_gb": "Name"})

    assert (outcome.key, outcome.status) == ("name", "updated")
    assert shoes.structure.attributes["Name"].labels == {"en_GB": "Name"}


def test_saving_the_same_again_changes_nothing(shoes):
    for code, noun in NOUNS.items():
        for thing in noun.everything(shoes.structure):
            [outcome] = save(shoes.work, noun, [noun.document(thing)], change_set_id=None)
            assert (code, outcome.status) == (code, "unchanged")


def test_what_is_absent_from_a_document_stays(shoes):
    shoes.need("family", code="boots", labels={"en_GB": "Boots"})

    family = shoes.structure.families["boots"]
    assert family.requirements == {"web": frozenset({"name", "color"})}
    assert family.attributes == ("color", "ean", "name", "photo", "size", "sku", "weight")


def test_null_takes_a_label_back(shoes):
    shoes.need("category", code="shop", labels={"en_GB": None, "de_DE": "Laden"})

    assert shoes.structure.categories["shop"].labels == {"de_DE": "Laden"}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "pim_catalog_textarea"},
        {"localizable": False},
        {"scopable": True},
        {"unique": True, "localizable": False},
    ],
)
def test_type_and_scopes_of_an_attribute_stay_as_created(shoes, change):
    assert ("immutable", next(iter(change))) in reasons(
        shoes.save("attribute", code="name", **change)
    )


@pytest.mark.parametrize("code", ["family", "UUID", "completeness", "product_models"])
def test_an_attribute_cannot_bear_the_name_of_a_field(shoes, code):
    outcome = shoes.save("attribute", code=code, type="pim_catalog_text", group="general")

    assert reasons(outcome) == [("reserved_code", "code")]


@pytest.mark.parametrize("code", ["with space", "café", "a-b", "x" * 101])
def test_a_code_has_letters_digits_and_underscores(shoes, code):
    outcome = shoes.save("category", code=code)

    assert reasons(outcome) == [("invalid_code", "code")]


def test_the_code_of_an_option_may_have_a_hyphen(shoes):
    assert shoes.save("option", attribute="size", code="38-40").status == "created"


def test_options_follow_the_order_in_which_they_came(shoes):
    shoes.need("option", attribute="color", code="azure")

    assert [o.code for o in shoes.structure.attributes["color"].options] == [
        "red",
        "black",
        "azure",
    ]


def test_a_text_attribute_has_no_options(shoes):
    assert reasons(shoes.save("option", attribute="name", code="a")) == [
        ("no_options", "attribute")
    ]


def test_there_is_one_identifier_and_it_is_unique(shoes):
    assert shoes.structure.attributes["sku"].unique
    outcome = shoes.save("attribute", code="sku2", type="pim_catalog_identifier", group="general")
    assert reasons(outcome) == [("second_identifier", "type")]


def test_a_setting_that_the_type_does_not_know_is_a_warning_and_is_not_kept(shoes):
    outcome = shoes.save(
        "attribute",
        code="note",
        type="pim_catalog_text",
        group="general",
        properties={"number_max": "12.50", "max_characters": 20},
    )

    assert outcome.status == "created"
    assert [(v.code, v.severity) for v in outcome.violations] == [("unknown_property", "warning")]
    assert shoes.structure.attributes["note"].properties == {"max_characters": 20}


def test_a_document_of_the_wrong_form_says_where(shoes):
    outcome = shoes.save("attribute", code="note", labels={"en_GB": 3}, properties={"colour": 1})

    assert {path for _, path in reasons(outcome)} == {"labels.en_GB", "properties.colour"}


def test_every_unknown_reference_of_a_document_is_named(shoes):
    outcome = shoes.save(
        "family", code="socks", attributes=["name", "heel"], requirements={"shop": ["color"]}
    )

    assert reasons(outcome) == [
        ("unknown_reference", "attributes"),
        ("unknown_reference", "requirements.shop"),
        ("not_in_family", "requirements.shop"),
    ]


def test_the_label_of_a_family_is_a_text_of_the_family(shoes):
    assert reasons(shoes.save("family", code="boots", attribute_as_label="color")) == [
        ("wrong_type", "attribute_as_label")
    ]


def test_a_family_has_the_identifier_without_being_told(shoes):
    shoes.need("family", code="socks", attributes=["name"])

    assert shoes.structure.families["socks"].attributes == ("name", "sku")


def test_axes_belong_to_their_level_and_unique_attributes_to_the_last(shoes):
    first, last = shoes.structure.family_variants["boots_color_size"].levels

    assert (first.axes, first.attributes) == (("color",), {"color", "photo"})
    assert (last.axes, last.attributes) == (("size",), {"size", "sku", "ean"})


def test_a_unique_attribute_above_the_last_level_is_moved_with_a_warning(shoes):
    outcome = shoes.save(
        "family_variant", code="boots_color_size", levels={"1": {"attributes": ["photo", "ean"]}}
    )

    assert outcome.status == "unchanged"
    assert [v.code for v in outcome.violations] == ["unique_above"]


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ({"1": {"axes": ["name"]}}, "invalid_axis"),
        ({"1": {"axes": ["ean"]}}, "invalid_axis"),
        ({"1": {"attributes": ["photo"]}}, "axes"),
        ({"2": {"axes": ["size"]}}, "required"),
        ({"1": {"axes": ["color"]}, "2": {"axes": ["color"]}}, "placed_twice"),
        ({"1": {"axes": ["material"]}}, "not_in_family"),
    ],
)
def test_levels_that_do_not_work_are_refused(shoes, levels, reason):
    shoes.need("attribute", code="material", type="pim_catalog_simpleselect", group="general")

    outcome = shoes.save("family_variant", code="other", family="boots", levels=levels)

    assert reason in [code for code, _ in reasons(outcome)]


def test_the_axes_of_a_family_variant_stay(shoes):
    outcome = shoes.save(
        "family_variant", code="boots_color_size", levels={"2": {"axes": ["weight"]}}
    )

    assert ("immutable", "levels.2.axes") in reasons(outcome)


def test_an_attribute_above_the_last_level_may_be_overridable(shoes):
    shoes.need("family_variant", code="boots_color_size", overridable=["Name", "photo"])

    variant = shoes.structure.family_variants["boots_color_size"]
    assert variant.overridable == {"name", "photo"}
    assert variant.holds("name", 2)
    assert not variant.holds("weight", 2)


def test_an_axis_cannot_be_overridden(shoes):
    outcome = shoes.save("family_variant", code="boots_color_size", overridable=["color", "ean"])

    assert reasons(outcome) == [("not_overridable", "overridable")] * 2


def test_an_axis_cannot_leave_its_family(shoes):
    family = shoes.structure.families["boots"]
    left = [code for code in family.attributes if code != "size"]

    assert reasons(shoes.save("family", code="boots", attributes=left)) == [
        ("in_use", "attributes")
    ]


def test_other_attributes_leave_the_variants_with_their_family(shoes):
    shoes.need(
        "family", code="boots", attributes=["name", "color", "size"], attribute_as_image=None
    )

    levels = shoes.structure.family_variants["boots_color_size"].levels
    assert [level.attributes for level in levels] == [{"color"}, {"size", "sku"}]


def test_a_unique_attribute_that_joins_a_family_is_placed_at_the_last_level(shoes):
    shoes.need("attribute", code="gtin", type="pim_catalog_text", group="general", unique=True)
    family = shoes.structure.families["boots"]
    shoes.need("family", code="boots", attributes=[*family.attributes, "gtin"])

    assert shoes.structure.family_variants["boots_color_size"].owner("gtin") == 2


def test_a_tree_has_no_cycles(shoes):
    shoes.need("category", code="ankle", parent="boots")

    assert reasons(shoes.save("category", code="boots", parent="ankle")) == [("cycle", "parent")]


def test_the_tree_of_a_channel_stays_a_root(shoes):
    shoes.need("category", code="all")

    assert reasons(shoes.save("category", code="shop", parent="all")) == [("in_use", "parent")]


def test_a_category_knows_its_path_and_root(shoes):
    shoes.need("category", code="ankle", parent="boots")

    categories = shoes.structure.categories
    assert categories["ankle"].root == "shop"
    assert categories["ankle"].path == tuple(categories[c].id for c in ("shop", "boots", "ankle"))


def test_a_channel_needs_a_tree_a_locale_and_a_currency(shoes):
    assert reasons(shoes.save("channel", code="print")) == [
        ("required", "tree"),
        ("required", "locales"),
        ("required", "currencies"),
    ]


def test_the_tree_of_a_channel_is_a_root(shoes):
    outcome = shoes.save("channel", code="web", tree="boots")

    assert reasons(outcome) == [("not_a_root", "tree")]


def test_a_channel_makes_its_currencies_active_and_keeps_them_so(shoes):
    assert [c.code for c in shoes.structure.currencies if c.active] == ["GBP"]
    assert reasons(shoes.save("currency", code="GBP", active=False)) == [("in_use", "active")]


def test_conversion_units_are_units_of_the_attribute(shoes):
    shoes.need("channel", code="web", conversion_units={"WEIGHT": "kilogram"})
    assert shoes.structure.channels["web"].conversion_units == {"weight": "KILOGRAM"}

    outcome = shoes.save(
        "channel", code="web", conversion_units={"weight": "METER", "name": "GRAM"}
    )
    assert reasons(outcome) == [
        ("unknown_reference", "conversion_units"),
        ("not_a_metric", "conversion_units"),
    ]


def test_units_that_attributes_measure_in_keep_their_conversion(shoes):
    units = [{"code": "KILOGRAM", "symbol": "kg"}, {"code": "POUND", "convert": POUND}]
    assert reasons(shoes.save("measurement_family", code="Weight", units=units)) == [
        ("in_use", "units")
    ]

    gram = {"code": "GRAM", "symbol": "g", "convert": [{"operator": "mul", "value": "0.0010"}]}
    assert shoes.save("measurement_family", code="Weight", units=[*units, gram]).status == "updated"


POUND = [{"operator": "mul", "value": "0.45359237"}]


def test_the_standard_unit_converts_into_itself(shoes):
    outcome = shoes.save(
        "measurement_family",
        code="Length",
        standard_unit="METER",
        units=[{"code": "METER", "convert": [{"operator": "mul", "value": 2}]}],
    )

    assert reasons(outcome) == [("invalid_standard_unit", "standard_unit")]


def test_an_association_type_with_quantities_goes_one_way(shoes):
    outcome = shoes.save("association_type", code="PACK", two_way=True, quantified=True)
    assert reasons(outcome) == [("contradiction", "quantified")]

    shoes.need("association_type", code="PACK", quantified=True)
    outcome = shoes.save("association_type", code="PACK", quantified=False)
    assert reasons(outcome) == [("immutable", "quantified")]


def test_the_good_documents_of_a_call_go_through(shoes):
    outcomes = save(
        shoes.work,
        NOUNS["category"],
        [{"code": "sale"}, {"code": "no good"}, {"code": "sale_boots", "parent": "sale"}],
        change_set_id=None,
    )

    assert [outcome.status for outcome in outcomes] == ["created", "rejected", "created"]
    assert shoes.structure.categories["sale_boots"].root == "sale"


def test_a_thing_created_and_changed_in_one_call_is_written_once(shoes):
    outcomes = save(
        shoes.work,
        NOUNS["category"],
        [{"code": "sale"}, {"code": "SALE", "labels": {"en_GB": "Sale"}}],
        change_set_id=None,
    )

    assert [outcome.status for outcome in outcomes] == ["created", "updated"]
    assert shoes.structure.categories["sale"].labels == {"en_GB": "Sale"}


def test_a_write_leaves_one_row_in_the_change_log_and_an_idle_one_none(shoes):
    session = shoes.work.session
    read = text("SELECT subject, ids, attributes FROM change_log ORDER BY id")
    known = len(session.execute(read).all())
    shoes.need("option", attribute="color", code="blue")
    shoes.need("option", attribute="color", code="blue")

    [row] = session.execute(read).all()[known:]
    blue = shoes.structure.attributes["color"].options["blue"]
    assert (row.subject, row.ids, row.attributes) == ("option", [blue.id], ["color"])


def test_the_change_log_takes_a_row_of_any_room(shoes):
    change_log.append(shoes.work.session, change_set_id=None, subject="feed", ids=[7])

    row = shoes.work.session.execute(text("SELECT * FROM change_log WHERE subject = 'feed'")).one()
    assert (row.ids, row.attributes) == ([7], [])
