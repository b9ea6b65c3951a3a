"""Import profiles are kept, found without regard to case, and refused where they mean nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.errors import NotFound, Refused
from pim.staging.profiles import find, list_all, save
from pim.structure.service import NOUNS
from pim.structure.service import save as save_structure


def document(code: str = "supplier", **changes: Any) -> dict[str, Any]:
    return {"code": code, "columns": {"Артикул": {"field": "sku"}}, **changes}


@pytest.fixture
def shop(session: Session) -> Work:
    """Return a unit of work on a catalogue that knows an identifier."""
    work = Work(session=session)
    attribute = {"code": "sku", "type": "pim_catalog_identifier", "group": "other"}
    for noun, each in (("attribute_group", {"code": "other"}), ("attribute", attribute)):
        [outcome] = save_structure(work, NOUNS[noun], [each], change_set_id=None)
        assert outcome.status != "rejected", [v.text for v in outcome.violations]
    return work


def test_a_saved_profile_is_found_without_regard_to_case(shop: Work) -> None:
    save(shop, document())

    found = find(shop.session, "SUPPLIER")

    assert found.code == "supplier"
    assert found.columns["Артикул"] is not None
    assert found.columns["Артикул"].target == "sku"


def test_saving_again_replaces_and_keeps_the_stored_code(shop: Work) -> None:
    save(shop, document())

    save(shop, document("Supplier", blank="clear"))

    assert [(each.code, each.blank) for each in list_all(shop.session)] == [("supplier", "clear")]


def test_profiles_are_listed_by_code(shop: Work) -> None:
    for code in ("b", "A", "c"):
        save(shop, document(code))

    assert [each.code for each in list_all(shop.session)] == ["A", "b", "c"]


def test_a_profile_that_names_nothing_known_is_refused_and_not_kept(shop: Work) -> None:
    with pytest.raises(Refused, match=r"columns\.B\.field: .*colour") as refusal:
        save(shop, document(columns={"B": {"field": "colour"}}))

    assert [violation.path for violation in refusal.value.violations] == ["columns.B.field"]
    assert list_all(shop.session) == []


def test_an_unknown_profile_is_not_found_and_the_known_ones_are_named(shop: Work) -> None:
    save(shop, document())

    with pytest.raises(NotFound, match='"suplier"; there are: supplier'):
        find(shop.session, "suplier")


def test_each_import_starts_a_profile_anew(shop: Work) -> None:
    save(shop, document())

    assert find(shop.session, "supplier") is not find(shop.session, "supplier")
