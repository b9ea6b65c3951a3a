"""Documents of import profiles are checked in full, every fault at its path."""

from __future__ import annotations

from typing import Any

import pytest

from importers.contract import ReadOptions
from pim.domain.structure import Structure
from pim.errors import Refused
from pim.staging.profiles import faults, read_profile

GOOD: dict[str, Any] = {
    "code": "supplier",
    "entity": "product",
    "format": {"encoding": "cp1251", "separator": ";", "decimal": ",", "dates": "dd.MM.yyyy"},
    "mode": "update",
    "blank": "clear",
    "columns": {
        "Артикул": {"field": "sku"},
        "Название": {"field": "name", "locale": "ru_RU"},
        "Цвет": {"field": "color", "values": {"синий": "black"}, "create_options": True},
        "Прочее": None,
    },
    "constants": {"family": "shoes"},
}


def paths(document: dict[str, Any]) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_profile(document)
    return sorted(violation.path for violation in refusal.value.violations)


def test_a_good_document_is_read_and_has_no_faults(structure: Structure) -> None:
    profile = read_profile(GOOD)

    assert faults(profile, structure) == []
    assert (profile.entity, profile.mode, profile.blank) == ("products", "update", "clear")
    assert profile.read_options == ReadOptions(encoding="cp1251", separator=";", decimal=",")


def test_every_fault_of_shape_is_named_by_its_path() -> None:
    document = {
        "code": "with space",
        "format": {"separator": ";;", "decimals": ","},
        "mode": "destroy",
        "columns": {"A": {"locale": "en_GB"}, "B": {"field": "x", "splitt": ","}},
        "models": {"key": "Handle", "axes": {}},
    }

    assert paths(document) == [
        "code",
        "columns.A.field",
        "columns.B.splitt",
        "format.decimals",
        "format.separator",
        "mode",
        "models.axes",
        "models.family_variant",
    ]


def test_structure_is_no_matter_of_profiles() -> None:
    assert paths({"code": "p", "entity": "families"}) == ["entity"]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"columns": {"A": {"field": "colour"}}}, "columns.A.field", "no attribute colour"),
        ({"columns": {"A": {"field": "name"}}}, "columns.A.field", "varies by locale"),
        (
            {"columns": {"A": {"field": "name", "locale": "de_DE"}}},
            "columns.A.field",
            "No channel uses the locale de_DE",
        ),
        ({"columns": {"A": {"field": "price"}}}, "columns.A.field", "needs its currency"),
        (
            {"columns": {"A": {"field": "sku"}, "B": {"field": "SKU"}}},
            "columns.B.field",
            "filled by columns.A.field already",
        ),
        (
            {
                "columns": {"A": {"field": "size"}},
                "models": {"key": "k", "family_variant": "shoes_by_size", "axes": {"size": "B"}},
            },
            "models.axes.size",
            "filled by columns.A.field already",
        ),
        ({"constants": {"sesaon": "w26"}}, "constants.sesaon", "no attribute sesaon"),
        (
            {"columns": {"A": {"field": "ean", "create_options": True}}},
            "columns.A.create_options",
            "no options",
        ),
        (
            {"models": {"key": "k", "family_variant": "boots", "axes": {"size": "s"}}},
            "models.family_variant",
            'no family variant "boots"',
        ),
        (
            {
                "models": {
                    "key": "k",
                    "family_variant": "shoes_by_color_size",
                    "axes": {"size": "s"},
                }
            },
            "models.axes",
            "varies by color",
        ),
        (
            {
                "models": {
                    "key": "k",
                    "family_variant": "shoes_by_size",
                    "axes": {"size": "s", "color": "c"},
                }
            },
            "models.axes.color",
            "does not vary by color",
        ),
    ],
)
def test_names_that_mean_nothing_are_named_by_their_path(
    structure: Structure, change: dict[str, Any], path: str, words: str
) -> None:
    found = faults(read_profile({"code": "p", **change}), structure)

    assert [violation.path for violation in found] == [path]
    assert words in found[0].text
    assert found[0].severity == "error"
