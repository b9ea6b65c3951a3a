"""Codes and the names that attributes cannot bear."""

from __future__ import annotations

import pytest

from pim.domain import codes
from pim.structure.seeds import currencies, locales


@pytest.mark.parametrize("code", ["Id", "FAMILY", "values"])
def test_fields_are_reserved_without_regard_to_case(code):
    assert codes.is_reserved(code)
    assert not codes.is_reserved(f"{code}_2")


def test_every_seeded_code_is_well_formed():
    assert all(codes.LOCALE_CODE.fullmatch(locale["code"]) for locale in locales())
    assert all(codes.CURRENCY_CODE.fullmatch(currency["code"]) for currency in currencies())
