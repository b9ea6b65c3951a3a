"""What is in use stays, with the reason; the rest goes."""

from __future__ import annotations

import pytest
from sqlalchemy import text


@pytest.fixture
def stocked(shoes):
    """Return the shoes with one style, one colourway and one SKU."""
    structure, session = shoes.structure, shoes.work.session
    variant = structure.family_variants["boots_color_size"].id
    model = text(
        """INSERT INTO product_model (code, family_variant_id, parent_id, "values", categories)
           VALUES (:code, :variant, :parent, CAST(:values AS jsonb), ARRAY[:category])
           RETURNING id"""
    )
    given = {"variant": variant, "category": structure.categories["boots"].id}
    name = '{"name": {"<all>": {"en_GB": "Derby"}}}'
    color = '{"color": {"<all>": {"<all>": "red"}}}'
    style = session.execute(
        model, {**given, "code": "derby", "parent": None, "values": name}
    ).scalar_one()
    colourway = session.execute(
        model, {**given, "code": "derby_red", "parent": style, "values": color}
    ).scalar_one()
    session.execute(
        text(
            """INSERT INTO product (identifier, family_id, parent_id, "values", groups)
               VALUES ('1', :family, :parent, '{"size": {"<all>": {"<all>": "38"}}}', '{}')"""
        ),
        {"family": structure.families["boots"].id, "parent": colourway},
    )
    return shoes


@pytest.mark.parametrize(
    ("noun", "named", "words"),
    [
        ("option", {"attribute": "color", "code": "red"}, "0 products and 1 product model"),
        ("option", {"attribute": "size", "code": "38"}, "1 product and 0 product models"),
        ("attribute", {"code": "name"}, "0 products and 1 product model hold"),
        ("attribute", {"code": "name"}, "used by these families: boots"),
        ("family", {"code": "boots"}, "1 product and 0 product models"),
        ("family", {"code": "boots"}, "used by these family variants: boots_color_size"),
        ("family_variant", {"code": "boots_color_size"}, "0 products and 2 product models"),
        ("category", {"code": "boots"}, "0 products and 2 product models"),
        ("category", {"code": "shop"}, "used by these channels as their tree: web"),
        ("category", {"code": "shop"}, "used by these categories below it: boots"),
        ("channel", {"code": "web"}, "is the only one"),
        ("channel", {"code": "web"}, "used by these families (in their requirements): boots"),
        ("locale", {"code": "en_GB"}, "0 products and 1 product model hold a value of it"),
        ("locale", {"code": "en_GB"}, "used by these channels: web"),
        ("currency", {"code": "GBP"}, "used by these channels: web"),
        ("measurement_family", {"code": "Weight"}, "used by these attributes: weight"),
        ("attribute_group", {"code": "general"}, "used by these attributes: "),
    ],
)
def test_what_is_in_use_stays_and_says_by_whom(stocked, noun, named, words):
    outcome = stocked.remove(noun, **named)

    assert outcome.status == "rejected"
    assert any(words in violation.text for violation in outcome.violations)


def test_what_nothing_uses_goes(stocked):
    version = stocked.structure.version
    stocked.need("group_type", code="season")
    for noun, named in (
        ("option", {"attribute": "COLOR", "code": "black"}),
        ("locale", {"code": "ja_JP"}),
        ("currency", {"code": "JPY"}),
        ("group_type", {"code": "season"}),
    ):
        assert stocked.remove(noun, **named).status == "removed"

    assert "black" not in stocked.structure.attributes["color"].options
    assert "ja_JP" not in stocked.structure.locales
    assert stocked.structure.version == version


def test_a_group_with_products_stays(stocked):
    stocked.need("group_type", code="season")
    stocked.need("group", code="summer", type="season")
    assert stocked.remove("group_type", code="season").status == "rejected"
    stocked.work.session.execute(
        text("UPDATE product SET groups = ARRAY[:id]"),
        {"id": stocked.structure.groups["summer"].id},
    )

    assert stocked.remove("group", code="summer").status == "rejected"


def test_an_association_type_with_links_stays(stocked):
    stocked.need("association_type", code="UPSELL")
    stocked.work.session.execute(
        text("""UPDATE product SET associations = '{"UPSELL": {"products": {"1": true}}}'""")
    )

    assert stocked.remove("association_type", code="upsell").status == "rejected"


def test_removing_what_is_not_there_is_a_refusal(stocked):
    [violation] = stocked.remove("category", code="nowhere").violations

    assert violation.text == 'There is no category "nowhere".'


def test_an_attribute_does_not_leave_a_level_where_products_hold_it(stocked):
    outcome = stocked.save(
        "family_variant", code="boots_color_size", levels={"1": {"attributes": ["name"]}}
    )

    assert outcome.status == "rejected"
    assert (
        '0 products and 1 product model hold a value of "name" at level 0'
        in outcome.violations[0].text
    )


def test_an_overridable_attribute_may_stay_where_it_is_held(stocked):
    assert (
        stocked.save(
            "family_variant", code="boots_color_size", levels={"2": {"attributes": ["weight"]}}
        ).status
        == "updated"
    )
