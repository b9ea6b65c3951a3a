"""The structure as flat files: in, and out again."""

from __future__ import annotations

import pytest

from pim.structure.flat import ENTITIES, export_rows

STRUCTURE = [e.code for e in ENTITIES if e.code not in ("products", "product_models")]


@pytest.mark.parametrize("blank", ["keep", "clear"])
@pytest.mark.parametrize("entity", STRUCTURE)
def test_what_is_exported_imports_again_as_unchanged(shoes, entity, blank):
    shoes.need("group_type", code="season")
    shoes.need("group", code="summer", type="season", labels={"en_GB": "Summer, autumn"})
    shoes.need("association_type", code="PACK", quantified=True)
    shoes.need("channel", code="web", conversion_units={"weight": "KILOGRAM"})
    shoes.need("family_variant", code="boots_color_size", overridable=["name"])
    header, rows = export_rows(shoes.work.session, entity)

    outcomes = shoes.rows(
        entity, *(dict(zip(header, row, strict=True)) for row in rows), blank=blank
    )

    assert outcomes
    assert {outcome.status for outcome in outcomes} == {"unchanged"}


def test_files_of_the_field_build_a_family_variant(shoes):
    [outcome] = shoes.rows(
        "family_variants",
        {
            "code": "boots_size",
            "family": "boots",
            "label-en_GB": "By size",
            "variant-axes_1": "size",
            "variant-axes_2": "",
            "variant-attributes_1": "weight,size, photo",
            "variant-attributes_2": "",
            "overridable": "name",
        },
    )

    assert outcome.status == "created"
    variant = shoes.structure.family_variants["boots_size"]
    assert [level.attributes for level in variant.levels] == [
        {"size", "weight", "photo", "sku", "ean"}
    ]
    assert variant.overridable == {"name"}


def test_violations_name_the_column_and_the_value(shoes):
    [outcome] = shoes.rows(
        "attributes",
        {
            "code": "fit",
            "type": "pim_catalog_number",
            "group": "nowhere",
            "localizable": "maybe",
            "sort_order": "1.5",
        },
    )
    assert [(v.path, v.value) for v in outcome.violations] == [
        ("localizable", "maybe"),
        ("sort_order", "1.5"),
    ]

    [outcome] = shoes.rows(
        "attributes",
        {"code": "fit", "type": "pim_catalog_number", "group": "nowhere", "number_min": "x"},
    )
    assert [(v.path, v.value) for v in outcome.violations] == [("number_min", "x")]

    [outcome] = shoes.rows(
        "families", {"code": "boots", "label-xx": "?", "requirements-web": "name,heel"}
    )
    assert [(v.path, v.value) for v in outcome.violations] == [
        ("label-xx", "xx"),
        ("requirements-web", "heel"),
    ]


def test_a_bad_row_is_rejected_and_the_good_ones_go_through(shoes):
    outcomes = shoes.rows(
        "attribute_options",
        {"attribute": "color", "code": "blue", "label-en_GB": "Blue"},
        {"attribute": "colour", "code": "green"},
        {"attribute": "color", "code": ""},
        {"attribute": "COLOR", "code": "RED", "label-de_DE": "Rot"},
    )

    assert [o.status for o in outcomes] == ["created", "rejected", "rejected", "updated"]
    assert [o.number for o in outcomes] == [2, 3, 4, 5]
    assert shoes.structure.attributes["color"].options["red"].labels == {
        "en_GB": "Red",
        "de_DE": "Rot",
    }


def test_parents_of_categories_may_stand_anywhere_in_the_file(shoes):
    outcomes = shoes.rows(
        "categories",
        {"code": "ankle_suede", "parent": "ankle"},
        {"code": "ankle", "parent": "BOOTS"},
        {"code": "sale", "parent": ""},
    )

    assert [(o.number, o.key, o.status) for o in outcomes] == [
        (2, "ankle_suede", "created"),
        (3, "ankle", "created"),
        (4, "sale", "created"),
    ]
    assert len(shoes.structure.categories["ankle_suede"].path) == 4


def test_children_of_a_rejected_category_are_rejected_too(shoes):
    outcomes = shoes.rows(
        "categories", {"code": "inner", "parent": "no-good"}, {"code": "no-good", "parent": "shop"}
    )

    assert [o.status for o in outcomes] == ["rejected", "rejected"]


def test_a_circle_of_parents_names_every_row_of_it(shoes):
    outcomes = shoes.rows(
        "categories",
        {"code": "a", "parent": "b"},
        {"code": "b", "parent": "a"},
        {"code": "c", "parent": "shop"},
    )

    assert [o.status for o in outcomes] == ["rejected", "rejected", "created"]
    assert outcomes[0].violations[0].text.endswith("in a circle: a > b > a.")


def test_a_repeated_key_names_both_rows(shoes):
    outcomes = shoes.rows("group_types", {"code": "season"}, {"code": "trend"}, {"code": "SEASON"})

    assert [o.status for o in outcomes] == ["created", "created", "rejected"]
    assert outcomes[2].violations[0].text == 'Rows 2 and 4 are both about "SEASON".'


def test_an_absent_column_leaves_its_field_alone_and_a_blank_cell_follows_the_profile(shoes):
    row = {"code": "boots", "attribute_as_image": "", "label-en_GB": ""}
    shoes.need("family", code="boots", labels={"en_GB": "Boots"})

    [refused] = shoes.rows("families", row, blank="refuse")
    assert [v.path for v in refused.violations] == ["attribute_as_image", "label-en_GB"]
    [kept] = shoes.rows("families", row, blank="keep")
    assert kept.status == "unchanged"
    [cleared] = shoes.rows("families", row, blank="clear")
    assert cleared.status == "updated"

    family = shoes.structure.families["boots"]
    assert (family.attribute_as_image, family.labels) == (None, {})
    assert family.attribute_as_label == "name"


def test_an_unknown_column_is_a_warning_at_the_first_row(shoes):
    outcomes = shoes.rows(
        "group_types", {"code": "a", "is_variant": "1"}, {"code": "b", "is_variant": "1"}
    )

    assert [[v.code for v in o.violations] for o in outcomes] == [["unknown_column"], []]
    assert {o.status for o in outcomes} == {"created"}


def test_an_attribute_file_of_every_setting_is_understood(shoes):
    [outcome] = shoes.rows(
        "attributes",
        {
            "code": "length",
            "type": "pim_catalog_metric",
            "group": "general",
            "metric_family": "weight",
            "default_metric_unit": "gram",
            "number_min": "0.50",
            "decimals_allowed": "1",
            "negative_allowed": "0",
            "useable_as_grid_filter": "0",
            "available_locales": "",
        },
    )

    assert outcome.status == "created"
    attribute = shoes.structure.attributes["length"]
    assert not attribute.usable_in_grid
    assert attribute.properties == {
        "metric_family": "Weight",
        "default_metric_unit": "GRAM",
        "number_min": "0.5",
        "decimals_allowed": True,
        "negative_allowed": False,
    }
