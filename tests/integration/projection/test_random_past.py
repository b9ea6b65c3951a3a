"""After random edits, every moment is shown as the catalogue was shown at that moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.projection import Projection, past
from pim.projection.reading import Reading
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

LEVELS = ("simple", "variant", "model", "sub_model")
#: Times are those of history's entries, not to the microsecond those of the rows.
LEFT_OUT = {"updated"}


class Shop:
    """Somebody who does this and that to the small shoe catalogue."""

    def __init__(self, catalogue: Catalogue, projection: Projection, seed: int) -> None:
        self.catalogue, self.projection = catalogue, projection
        self.draw = random.Random(seed)
        self.sets: list[int] = []
        self.made = 0

    def act(self) -> None:
        """Do one thing."""
        acts: list[Callable[[], int | None]] = [
            self.import_products, self.import_models, self.bulk, self.bulk, self.create,
            self.delete, self.undo,
        ]  # fmt: skip
        change_set = self.draw.choice(acts)()
        if change_set:
            self.sets.append(change_set)

    def import_products(self) -> int | None:
        name = self.draw.choice(self._names("product", "identifier"))
        cells = {
            "price-EUR": str(self.draw.randint(1, 99)), "stock": str(self.draw.randint(0, 9)),
            "enabled": self.draw.choice("01"), "name-en_GB": self._word(),
            "categories": self.draw.choice(["men", "boots,outlet", ""]),
            "weight": self.draw.choice(["", "3"]), "weight-unit": "GRAM",
            "materials": self.draw.choice(["cork", "cork,leather", ""]),
        }  # fmt: skip
        return self._rows("products", {"sku": name, **self._some(cells)})

    def import_models(self) -> int | None:
        name = self.draw.choice(self._names("product_model", "code"))
        cells = {
            "name-en_GB": self._word(), "name-de_DE": self._word(), "brand": "acme",
            "price-GBP": str(self.draw.randint(1, 99)), "offer-web-EUR": "5",
            "categories": self.draw.choice(["men", "outlet", ""]),
            "vegan": self.draw.choice(["0", "1", ""]),
        }  # fmt: skip
        return self._rows("product_models", {"code": name, **self._some(cells)})

    def bulk(self) -> int | None:
        do: Any = self.draw.choice(
            [
                {"type": "calculate", "field": "price", "percent": self.draw.choice([-20, 30])},
                {"type": "set", "field": "name", "locale": "en_GB", "value": self._word()},
                {"type": "clear", "field": "name", "locale": "en_GB"},
                {"type": "categorize", "move": [self.draw.choice(["men", "boots"])]},
                {"type": "disable"},
            ]
        )
        return self._edit(do, "stock" if self.draw.random() < 0.5 else "name")

    def create(self) -> int | None:
        self.made += 1
        name = f"new-{self.made}"
        if self.draw.random() < 0.5:
            return self._rows("products", {"sku": name, "family": "care", "name-en_GB": "New"})
        parent = {"code": name, "family_variant": "shoes_by_size", "name-en_GB": "Slipper"}
        self._rows("product_models", parent)
        below = {"sku": f"{name}-41", "parent": name, "size": "41", "price-EUR": "7"}
        return self._rows("products", below)

    def delete(self) -> int | None:
        return self._edit({"type": "delete"}, "identifier")

    def undo(self) -> int | None:
        if not self.sets:
            return None
        number = self.sets.pop(self.draw.randrange(len(self.sets)))
        return self.catalogue.undo(number).change_set

    def _edit(self, do: Any, field: str) -> int | None:
        where: dict[str, Any] = {"field": field, "operator": "NOT EMPTY"}
        if field == "identifier":
            name = self.draw.choice(self._names("product", "identifier"))
            where = {"field": field, "operator": "=", "value": name}
        elif field == "name":
            where["locale"] = "en_GB"
        with unit_of_work(self.catalogue.engine) as work:
            structure = current(work.session)
            return BulkEdit(work, self.projection, structure, where, [do]).run().change_set

    def _rows(self, entity: str, row: dict[str, str]) -> int | None:
        result = self.catalogue.rows(entity, row, blank="clear")
        if result.change_set:
            self.sets.append(result.change_set)
        return None

    def _some(self, cells: dict[str, str]) -> dict[str, str]:
        chosen = {name: text for name, text in cells.items() if self.draw.random() < 0.4}
        if chosen.get("weight"):
            chosen["weight-unit"] = "GRAM"
        return chosen

    def _names(self, table: str, column: str) -> list[str]:
        return [row[0] for row in self.catalogue.query(f"SELECT {column} FROM {table} ORDER BY id")]

    def _word(self) -> str:
        return self.draw.choice(["Shoe", "Boot", "Wax", "Clog"])


def shown(reading: Reading) -> list[dict[str, Any]]:
    names = {name for name in reading.catalogue.names if not name.startswith("~")}
    wanted = sorted(names - LEFT_OUT - {"owner"})
    rows = reading.frame(wanted, levels=LEVELS).to_dicts()
    return [{name: data for name, data in row.items() if data not in (None, [])} for row in rows]


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_every_moment_of_random_edits_is_shown_as_it_was(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(past, "IN_MEMORY", 3 if seed % 2 else 50_000)
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    shop = Shop(catalogue, projection, seed)
    seen: dict[datetime, list[dict[str, Any]]] = {}
    for _ in range(14):
        shop.act()
        projection.refresh()
        with projection.read() as reading:
            rows = shown(reading)
        seen[catalogue.query("SELECT clock_timestamp()")[0][0]] = rows

    assert len({str(rows) for rows in seen.values()}) > 7
    for moment, rows in seen.items():
        with projection.read_past(moment) as reading:
            assert shown(reading) == rows
    projection.close()
