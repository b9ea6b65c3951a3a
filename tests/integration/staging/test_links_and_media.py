"""Association columns and media columns: what they link, what they store, what they miss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pim.assets.storage import Storage
from tests.factories.catalogue import Catalogue


def links(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """Return {type: {target: {name: true or quantity}}}."""
    names = {str(i): n for i, n in catalogue.query(
        "SELECT id, identifier FROM product UNION ALL SELECT id, code FROM product_model"
    )}  # fmt: skip
    return {
        type_: {
            target: {names[i]: q for i, q in members.items()} for target, members in sides.items()
        }
        for type_, sides in catalogue.document(name)["associations"].items()
    }


def warnings(catalogue: Catalogue, *rows: dict[str, str]) -> list[tuple[int, str, str]]:
    result = catalogue.rows("products", *rows)
    assert result.counts.rejected == 0
    return [(v["row"], v["column"], v["code"]) for v in result.violations]


def test_links_of_every_kind_are_stored_with_the_far_end_of_two_way_ones(
    catalogue: Catalogue,
) -> None:
    assert links(catalogue, "wax") == {
        "X_SELL": {
            "products": {"DRB-BLK-41": True, "DRB-BLK-42": True},
            "product_models": {"derby": True},
        },
        "PACK": {"products": {"MOC-41": 2}},
        "PAIR": {"products": {"laces": True}},
    }  # fmt: skip
    assert links(catalogue, "laces") == {"PAIR": {"products": {"wax": True}}}


def test_a_link_may_name_a_later_row(catalogue: Catalogue) -> None:
    found = warnings(
        catalogue,
        {"sku": "first", "X_SELL-products": "second", "PAIR-products": "second"},
        {"sku": "second", "X_SELL-products": "", "PAIR-products": ""},
    )

    assert found == []
    assert links(catalogue, "first")["X_SELL"] == {"products": {"second": True}}
    assert links(catalogue, "second") == {"PAIR": {"products": {"first": True}}}


def test_a_two_way_link_goes_on_both_sides(catalogue: Catalogue) -> None:
    warnings(catalogue, {"sku": "laces", "PAIR-products": "MOC-41"})

    assert links(catalogue, "laces") == {"PAIR": {"products": {"MOC-41": True}}}
    assert links(catalogue, "MOC-41") == {"PAIR": {"products": {"laces": True}}}
    assert "PAIR" not in links(catalogue, "wax")


def test_an_unknown_target_is_a_warning_and_the_others_are_linked(catalogue: Catalogue) -> None:
    found = warnings(catalogue, {"sku": "laces", "X_SELL-products": "wax,ghost"})

    assert found == [(2, "X_SELL-products", "association_unknown")]
    assert links(catalogue, "laces")["X_SELL"] == {"products": {"wax": True}}


def test_quantities_must_fit_their_products(catalogue: Catalogue) -> None:
    found = warnings(
        catalogue,
        {"sku": "laces", "PACK-products": "wax,MOC-41", "PACK-products-quantity": "3"},
        {"sku": "MOC-41", "PACK-products": "wax,laces", "PACK-products-quantity": "0,4"},
        {"sku": "DRB-BLK-41", "PACK-products": "wax", "PACK-products-quantity": ""},
    )

    assert found == [
        (2, "PACK-products-quantity", "quantity_count"),
        (3, "PACK-products-quantity", "quantity_range"),
    ]
    assert links(catalogue, "MOC-41")["PACK"] == {"products": {"laces": 4}}
    assert links(catalogue, "DRB-BLK-41")["PACK"] == {"products": {"wax": 1}}


def test_a_row_that_changes_only_its_links_is_an_update(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "laces", "X_SELL-products": "wax"},
        {"sku": "wax", "X_SELL-products": ""},
    )

    assert (result.counts.updated, result.counts.unchanged) == (1, 1)


def picture(catalogue: Catalogue, name: str, content: bytes = b"\xff\xd8 jpeg") -> Path:
    path = catalogue.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_media_are_stored_by_content_and_a_second_time_change_nothing(
    catalogue: Catalogue,
) -> None:
    for name in ("files/front.jpg", "files/copy/front.jpg", "files/side.jpg"):
        picture(catalogue, name)
    row = {
        "code": "derby-black", "image": "files/front.jpg",
        "gallery": "files/copy/front.jpg, files/side.jpg",
    }  # fmt: skip

    first = catalogue.rows("product_models", row)
    second = catalogue.rows("product_models", row)

    assert (first.violations, second.counts.unchanged) == ([], 1)
    key = catalogue.value("derby-black", "image")
    assert catalogue.value("derby-black", "gallery")[0] == key
    with Storage.from_settings(catalogue.settings).open(key) as file:
        assert file.read() == b"\xff\xd8 jpeg"
    assert len(list(catalogue.settings.storage.rglob("*.jpg"))) == 2


def test_a_missing_file_is_a_warning_and_keeps_what_is_there(catalogue: Catalogue) -> None:
    picture(catalogue, "front.jpg")
    catalogue.rows("product_models", {"code": "derby-black", "image": "front.jpg"})

    result = catalogue.rows("product_models", {"code": "derby-black", "image": "gone.jpg"})

    [found] = result.violations
    assert (found["code"], found["severity"], found["value"]) == (
        "file_missing",
        "warning",
        "gone.jpg",
    )
    assert catalogue.value("derby-black", "image").endswith("_front.jpg")


def test_a_file_outside_the_delivery_is_a_missing_one(catalogue: Catalogue) -> None:
    outside = catalogue.folder.parent / "secret.jpg"
    outside.write_bytes(b"secret")

    for name in ("../secret.jpg", str(outside)):
        result = catalogue.rows("product_models", {"code": "derby-black", "image": name})
        assert result.violations[0]["code"] == "file_missing"


def test_the_key_of_a_stored_file_is_as_good_as_the_file(catalogue: Catalogue) -> None:
    picture(catalogue, "front.jpg")
    catalogue.rows("product_models", {"code": "derby-black", "image": "front.jpg"})
    key = catalogue.value("derby-black", "image")

    catalogue.rows("product_models", {"code": "derby-cognac", "image": key})

    assert catalogue.value("derby-cognac", "image") == key


def test_a_file_of_a_kind_that_is_not_allowed_rejects_its_row(catalogue: Catalogue) -> None:
    picture(catalogue, "front.exe")

    result = catalogue.rows("product_models", {"code": "derby-black", "image": "front.exe"})

    assert result.counts.rejected == 1
    assert not catalogue.settings.storage.exists()


def test_a_file_that_is_too_large_rejects_its_row_and_is_not_stored(catalogue: Catalogue) -> None:
    catalogue.execute(
        "UPDATE attribute SET properties = '{\"max_file_size\": \"0.00001\"}' WHERE code = 'image'"
    )
    catalogue.execute("UPDATE structure_version SET version = version + 1")
    picture(catalogue, "front.jpg", b"x" * 100)

    result = catalogue.rows("product_models", {"code": "derby-black", "image": "front.jpg"})

    assert result.counts.rejected == 1
    assert result.violations[0]["column"] == "image"
    assert not catalogue.settings.storage.exists()
