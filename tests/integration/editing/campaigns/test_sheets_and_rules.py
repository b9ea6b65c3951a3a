"""What a sheet does not speak of is left to other campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pim.campaigns.sheets import sheets_of
from pim.projection.effective import effective
from pim.staging.campaigns.service import import_campaign
from pim.structure.queries import current

from .conftest import BOXING_DAY, SALE, Planner, sale


def prices(planner: Planner) -> Mapping[str, tuple[Any, ...]]:
    """Return what products cost in the shop on Boxing Day: euros and pounds."""
    with planner.work() as work, planner.projection.read_covering() as reading:
        shown = effective(
            reading,
            planner.running(BOXING_DAY, "web"),
            channel="web",
            at=BOXING_DAY,
            sheets=sheets_of(work.session.connection()),
        )
        frame = shown.frame(["identifier", "price-EUR", "price-GBP"])
        whole = {name: tuple(map(_text, rest)) for name, *rest in frame.rows()}
        few = shown.frame(["identifier", "price-EUR", "price-GBP"], ids=reading.frame(["id"])["id"])
        assert {name: tuple(map(_text, rest)) for name, *rest in few.rows()} == whole
        return whole


def _text(amount: Any) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def take(planner: Planner, *rows: Mapping[str, str], code: str, priority: int) -> None:
    path = planner.catalogue.sheet(*rows)
    dates = {name: SALE[name] for name in ("starts_at", "ends_at", "time_zone")}
    with planner.work() as work:
        structure = current(work.session)
        changes = {**dates, "priority": priority}
        import_campaign(work, planner.projection, structure, code, path, changes=changes)


def test_a_sheet_wins_its_own_cells_and_leaves_the_others_to_the_sale(planner: Planner):
    planner.apply(sale(where={}))
    take(
        planner,
        {"sku": "DRB-BLK-41", "price-EUR": "55", "price-GBP": ""},
        {"sku": "laces", "price-EUR": "2", "price-GBP": "1"},
        code="sheet", priority=20,
    )  # fmt: skip

    found = prices(planner)

    assert found["DRB-BLK-41"] == ("55.00", "72.40")
    assert found["DRB-BLK-42"] == ("80.00", "72.40")
    assert found["wax"] == ("7.96", None)
    assert found["laces"] == ("2.00", "1.00")


def test_of_two_sheets_each_has_what_it_speaks_of(planner: Planner):
    take(planner, {"sku": "wax", "price-EUR": "5"}, code="one", priority=20)
    take(
        planner,
        {"sku": "wax", "price-EUR": "6", "price-GBP": "4"},
        {"sku": "MOC-41", "price-EUR": "60", "price-GBP": ""},
        code="two", priority=10,
    )  # fmt: skip

    found = prices(planner)

    assert found["wax"] == ("5.00", "4.00")
    assert found["MOC-41"] == ("60.00", None)
    assert found["DRB-BLK-41"] == ("100.00", "90.50")
