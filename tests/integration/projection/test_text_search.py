"""Text is looked for in identifiers and labels, own and inherited, before and after changes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa


def one(data):
    return {"<all>": {"<all>": data}}


def found(projection, text):
    projection.refresh()
    with projection.read() as reading:
        ids = reading.search(text=text).ids
        return reading.frame(["identifier"], ids=ids)["identifier"].to_list()


@pytest.fixture
def stocked(shop):
    """Return a shop whose label is the name, with a variant and a simple product."""
    with shop.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE family SET attribute_as_label_id ="
                " (SELECT id FROM attribute WHERE code = 'name')"
            )
        )
        connection.execute(sa.text("UPDATE structure_version SET version = version + 1"))
    style = shop.model("style", {"name": one("ÉTÉ Derby")})
    red = shop.model("style-red", {"colour": one("red")}, style)
    shop.product("sku-42", {"stock": one("7")}, parent=red)
    shop.product("polish", {"name": one("Été brush")})
    shop.product("nameless", {})
    return shop, style


def test_labels_are_found_in_any_case_own_or_inherited(stocked, projection):
    assert found(projection, "éTé") == ["sku-42", "polish"]
    assert found(projection, "derby") == ["sku-42"]
    assert found(projection, "BRUSH") == ["polish"]


def test_identifiers_are_found_too(stocked, projection):
    assert found(projection, "SKU-4") == ["sku-42"]
    assert found(projection, "nothing like it") == []


def test_a_changed_label_is_found_and_the_one_before_is_not(stocked, projection):
    shop, style = stocked
    assert found(projection, "derby") == ["sku-42"]
    shop.set("product_model", style, {"name": one("Oxford")})
    assert found(projection, "oxford") == ["sku-42"]
    assert found(projection, "derby") == []
