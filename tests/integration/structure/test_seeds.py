"""Every catalogue starts with the world's locales, currencies and measures."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Engine

from pim.db.unit_of_work import unit_of_work
from pim.domain.measurement import convert
from pim.structure.queries import current
from pim.structure.seeds import prepare, seed


def test_seeding_again_adds_nothing_and_changes_nothing(empty):
    added = seed(empty.work)
    empty.need("currency", code="SEK", active=True)

    assert added > 600
    assert seed(empty.work) == 0
    assert empty.structure.currencies["SEK"].active


def test_every_seeded_family_converts_there_and_back(empty):
    seed(empty.work)

    for family in empty.structure.measurement_families:
        assert convert(Decimal(7), family.standard_unit, family.standard_unit, family) == 7
        for unit in family.units:
            there = convert(Decimal(7), family.standard_unit, unit.code, family, step=TINY)
            back = convert(there, unit.code, family.standard_unit, family, step=STEP)
            assert back == 7, (family.code, unit.code)


TINY, STEP = Decimal("1e-40"), Decimal("1e-6")


def test_units_and_currencies_are_what_the_standards_say(empty):
    seed(empty.work)
    families, currencies = empty.structure.measurement_families, empty.structure.currencies

    assert convert(Decimal(1), "INCH", "MILLIMETER", families["Length"]) == Decimal("25.4")
    assert convert(Decimal(212), "FAHRENHEIT", "CELSIUS", families["Temperature"]) == 100
    assert convert(Decimal(16), "OUNCE", "POUND", families["Weight"]) == 1
    assert convert(Decimal(36), "KILOMETER_PER_HOUR", "METER_PER_SECOND", families["Speed"]) == 10
    decimals = {code: currencies[code].decimals for code in ("GBP", "EUR", "RUB", "JPY", "KWD")}
    assert decimals == {"GBP": 2, "EUR": 2, "RUB": 2, "JPY": 0, "KWD": 3}
    assert not any(currency.active for currency in currencies)


def test_a_first_start_that_was_killed_before_seeding_is_made_good(engine: Engine) -> None:
    with unit_of_work(engine) as work:
        assert not current(work.session).locales

    prepare(engine)

    with unit_of_work(engine) as work:
        assert "en_GB" in current(work.session).locales
