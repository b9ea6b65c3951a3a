"""Cells that several people save at the same time: merged, or shown as conflicts, never lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from pim.access.models import User
from pim.db.unit_of_work import unit_of_work
from pim.domain.values import Cell
from pim.products.history import find_entity
from pim.products.models import MODEL, PRODUCT
from pim.products.saving import UNSEEN, CellEdit, Edit, Saved, SaveResult, save, save_all
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

NAME = Cell("name", locale="en_GB")
PRICE = Cell("price")
STOCK = Cell("stock")


@dataclass
class Person:
    """Somebody who saves; each save is a transaction of its own."""

    catalogue: Catalogue
    actor: int | None

    def save(self, name: str, version: int | None, **options: Any) -> SaveResult:
        return self.save_all([self.edit(name, version, **options)]).results[0]

    def edit(self, name: str, version: int | None, cells: dict[Any, Any], seen: Any = None) -> Edit:
        with unit_of_work(self.catalogue.engine) as work:
            entity = find_entity(work.session, name)
        saw = seen or {}
        edits = [CellEdit(address=a, data=d, seen=saw.get(a, UNSEEN)) for a, d in cells.items()]
        return Edit(id=entity.id, kind=entity.kind, version=version, cells=edits)

    def save_all(self, edits: list[Edit], **options: Any) -> Saved:
        with unit_of_work(self.catalogue.engine, actor=self.actor) as work:
            return save_all(work, edits, current(work.session), **options)


@pytest.fixture
def person(catalogue: Catalogue) -> Callable[[str], Person]:
    def make(email: str) -> Person:
        with unit_of_work(catalogue.engine) as work:
            user = User(email=email, password_hash="x", role="editor")
            work.session.add(user)
            work.session.flush()
            return Person(catalogue, user.id)

    return make


@pytest.fixture
def anna(person: Callable[[str], Person]) -> Person:
    return person("anna@example.com")


@pytest.fixture
def ben(person: Callable[[str], Person]) -> Person:
    return person("ben@example.com")


def version(catalogue: Catalogue, name: str) -> int:
    return int(catalogue.document(name)["version"])


def test_different_cells_of_two_people_merge(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")

    first = anna.save("wax", seen, cells={NAME: "Beeswax"})
    second = ben.save("wax", seen, cells={PRICE: {"EUR": "11"}})

    assert (first.saved, first.version) == (("name-en_GB",), seen + 1)
    assert (second.saved, second.conflicts, second.version) == (("price-EUR",), (), seen + 2)
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    assert catalogue.value("wax", "price") == {"EUR": "11"}


def test_the_same_cell_is_a_conflict_with_three_values_and_stays(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={NAME: "Beeswax", STOCK: 4})

    told = ben.save("wax", seen, cells={NAME: "Polish", Cell("ean"): None})

    (conflict,) = told.conflicts
    assert (conflict.field, conflict.base, conflict.theirs, conflict.ours) == (
        "name-en_GB", "Wax", "Beeswax", "Polish"
    )  # fmt: skip
    assert conflict.change_set == catalogue.history("wax")[1].change_set
    assert (told.saved, told.accepted) == (("ean",), False)
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    assert ben.save("wax", told.version, cells={NAME: "Polish"}).accepted
    assert catalogue.value("wax", "name", locale="en_GB") == "Polish"


def test_equal_changes_are_no_conflict(catalogue: Catalogue, anna: Person, ben: Person) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={PRICE: {"EUR": "12.50"}})

    told = ben.save("wax", seen, cells={PRICE: {"EUR": "12.5"}})

    assert (told.unchanged, told.accepted, told.version) == (("price-EUR",), True, seen + 1)


def test_prices_of_two_currencies_are_two_cells(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={PRICE: {"EUR": "12", "GBP": "10"}})

    told = ben.save("wax", seen, cells={PRICE: {"EUR": "13", "JPY": "2000"}})

    assert [conflict.field for conflict in told.conflicts] == ["price-EUR"]
    assert catalogue.value("wax", "price") == {"EUR": "12", "GBP": "10", "JPY": "2000"}


def test_whole_data_with_one_cell_changed_leaves_the_others_cells_alone(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={NAME: "Beeswax"})

    told = ben.save("wax", seen, cells={NAME: "Wax", PRICE: {"EUR": "11"}})

    assert (told.saved, told.unchanged, told.conflicts) == (("price-EUR",), ("name-en_GB",), ())
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"


def test_a_person_with_a_stale_version_is_in_no_conflict_with_themselves(
    catalogue: Catalogue, anna: Person
) -> None:
    seen = version(catalogue, "wax")
    for name in ("A", "B", "Wax", "C"):
        assert anna.save("wax", seen, cells={NAME: name}).saved == ("name-en_GB",)

    assert catalogue.value("wax", "name", locale="en_GB") == "C"


def test_what_was_seen_counts_more_than_a_stale_version(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    nobody = Person(catalogue, None)
    seen = version(catalogue, "wax")
    nobody.save("wax", seen, cells={NAME: "A"})

    again = nobody.save("wax", seen, cells={NAME: "B"}, seen={NAME: "A"})
    blind = nobody.save("wax", None, cells={NAME: "C"}, seen={NAME: "A"})

    assert again.saved == ("name-en_GB",)
    assert [(c.base, c.theirs, c.ours) for c in blind.conflicts] == [("A", "B", "C")]


def test_others_after_an_own_save_are_a_conflict(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    mine = anna.save("wax", seen, cells={NAME: "A"})
    ben.save("wax", mine.version, cells={NAME: "B"})

    told = anna.save("wax", seen, cells={NAME: "C"})

    assert [(c.base, c.theirs, c.ours) for c in told.conflicts] == [("A", "B", "C")]


def test_status_and_memberships_merge_as_cells(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={"enabled": False, "categories": ["men"]})

    told = ben.save("wax", seen, cells={"groups": ["sale"], "categories": ["women", "outlet"]})

    (conflict,) = told.conflicts
    assert (conflict.base, conflict.theirs, conflict.ours) == (
        ["outlet"], ["men"], ["outlet", "women"]
    )  # fmt: skip
    assert told.saved == ("groups",)
    assert catalogue.document("wax")["enabled"] is False
    undone = catalogue.undo(catalogue.history("wax")[0].change_set)
    assert undone.restored == 1


def test_invalid_and_foreign_cells_are_told_one_by_one(catalogue: Catalogue, anna: Person) -> None:
    cells = {
        STOCK: "many", Cell("brand"): "polka", NAME: "x", Cell("weight"): {"amount": "5"},
        Cell("ean"): "4006381333931", Cell("size"): "42", Cell("sku"): "x", "level": 2,
        Cell("nothing"): 1, Cell("name", locale="xx_XX"): "x",
    }  # fmt: skip

    told = anna.save("DRB-BLK-42", None, cells=cells)

    assert {v.path: v.code for v in told.violations} == {
        "stock": "not_a_number", "brand": "wrong_level", "name-en_GB": "wrong_level",
        "weight-unit": "missing_unit", "ean": "unique_taken", "size": "not_in_save",
        "sku": "not_in_save", "level": "field_unknown", "nothing": "attribute_unknown",
        "name-xx_XX": "address_unknown",
    }  # fmt: skip
    assert "model derby, and" in next(v.text for v in told.violations if v.path == "brand")
    assert (told.saved, told.version) == ((), version(catalogue, "DRB-BLK-42"))
    assert not catalogue.query("SELECT id FROM change_set WHERE kind = 'edit'")
    model = anna.save("derby", None, cells={STOCK: 1, Cell("brand"): "acme"})
    assert ([v.code for v in model.violations], model.saved) == (["owned_below"], ("brand",))


def test_a_whole_save_writes_all_cells_or_none(catalogue: Catalogue, anna: Person) -> None:
    edits = [
        anna.edit("wax", None, {NAME: "Beeswax", STOCK: "many"}),
        anna.edit("laces", None, {NAME: "Bootlaces"}),
        Edit(id=999_999, cells=[]),
    ]

    saved = anna.save_all(edits, whole=True)

    assert [each.saved for each in saved.results] == [(), ("name-en_GB",), ()]
    assert [v.code for v in saved.results[2].violations] == ["deleted_meanwhile"]
    assert saved.results[2].version is None
    assert catalogue.value("wax", "name", locale="en_GB") == "Wax"


def test_where_history_does_not_reach_back_nothing_is_overwritten(
    catalogue: Catalogue, anna: Person, ben: Person
) -> None:
    seen = version(catalogue, "wax")
    anna.save("wax", seen, cells={NAME: "A"})
    anna.save("wax", seen + 1, cells={STOCK: 4})
    catalogue.execute("DELETE FROM history WHERE after -> 'values' ? 'name'")

    told = ben.save("wax", seen, cells={NAME: "B", STOCK: 4, PRICE: {"EUR": "9.95"}})

    assert [(c.field, c.base, c.theirs, c.ours) for c in told.conflicts] == [
        ("name-en_GB", None, "A", "B")
    ]
    assert told.unchanged == ("stock", "price-EUR")


def test_models_and_products_save_together(catalogue: Catalogue, anna: Person) -> None:
    edits = [
        anna.edit("derby", 1, {NAME: "Derby 2"}),
        anna.edit("DRB-BLK-41", 1, {STOCK: 7}),
        anna.edit("derby-black", 1, {PRICE: None}),
    ]

    saved = anna.save_all(edits, label="Paste")

    assert [each.saved for each in saved.results] == [
        ("name-en_GB",), ("stock",), ("price-EUR", "price-GBP")
    ]  # fmt: skip
    assert catalogue.value("derby-black", "price") is None
    assert (edits[0].kind, edits[1].kind) == (MODEL, PRODUCT)
    assert catalogue.undo(saved.change_set).restored == 3


COLUMNS = [Cell("name", locale="en_GB"), Cell("name", locale="de_DE"), Cell("stock")]


def hammer(catalogue: Catalogue, people: list[Person], saves: int) -> None:
    """Let people save cells of ten products at once, and check what history tells afterwards."""
    names = [f"x{n}" for n in range(10)]
    catalogue.rows("products", *({"sku": name, "family": "care"} for name in names))
    ids = dict(catalogue.query("SELECT identifier, id FROM product WHERE identifier LIKE 'x_'"))
    accepted: list[tuple[int, str, str]] = []
    conflicts: list[tuple[int | None, int | None]] = []
    lock = threading.Lock()

    def client(number: int) -> None:
        person, draw = people[number], random.Random(number)
        with unit_of_work(catalogue.engine) as work:
            structure = current(work.session)
        known = dict.fromkeys(ids.values(), 1)
        for turn in range(saves // len(people)):
            entity, cell = draw.choice(sorted(known)), draw.choice(COLUMNS)
            data = str(number * 1_000_000 + turn)
            edit = Edit(id=entity, version=known[entity], cells=[CellEdit(address=cell, data=data)])
            with unit_of_work(catalogue.engine, actor=person.actor) as work:
                result = save(work, edit, structure)
            with lock:
                if result.saved:
                    accepted.append((entity, cell.column, data))
                conflicts.extend((person.actor, each.change_set) for each in result.conflicts)
            if result.conflicts or draw.random() < 0.5:
                known[entity] = result.version or 1

    with ThreadPoolExecutor(len(people)) as threads:
        for done in [threads.submit(client, number) for number in range(len(people))]:
            done.result()

    authors = dict(catalogue.query("SELECT id, author_id FROM change_set"))
    assert len(accepted) + len(conflicts) == saves // len(people) * len(people)
    assert conflicts
    assert all(authors[other] not in (None, actor) for actor, other in conflicts)
    check_history(catalogue, ids, accepted)


def check_history(
    catalogue: Catalogue, ids: dict[str, int], accepted: list[tuple[int, str, str]]
) -> None:
    """Every accepted cell is in history, each found what the one before it left, as stands now."""
    told: list[tuple[int, str, str]] = []
    for name, entity in ids.items():
        entries = catalogue.history(name, limit=100_000)[::-1]
        standing: dict[str, Any] = {}
        for entry in entries:
            for cell in entry.cells:
                assert standing.get(cell.field) == cell.old
                standing[cell.field] = cell.new
                told.append((entity, cell.field, cell.new))
        document = catalogue.document(name)
        stored = {c.column: catalogue.value(name, *c) for c in COLUMNS}
        assert {k: v for k, v in stored.items() if v is not None} == standing
        assert document["version"] == len(entries)
    assert sorted(told) == sorted(accepted)


@pytest.fixture
def crowd(person: Callable[[str], Person]) -> list[Person]:
    return [person(f"p{n}@example.com") for n in range(20)]


def test_many_clients_lose_nothing_that_was_accepted(
    catalogue: Catalogue, crowd: list[Person]
) -> None:
    hammer(catalogue, crowd, 200)


@pytest.mark.slow
def test_twenty_clients_lose_nothing_in_ten_thousand_saves(
    catalogue: Catalogue, crowd: list[Person]
) -> None:
    hammer(catalogue, crowd, 10_000)


def test_one_person_in_two_windows_sees_no_conflict(catalogue: Catalogue, anna: Person) -> None:
    windows = {0: version(catalogue, "wax"), 1: version(catalogue, "wax")}
    draw = random.Random(5)
    for turn in range(60):
        window = draw.choice((0, 1))
        cells = {draw.choice(COLUMNS): str(turn)}
        result = anna.save("wax", windows[window], cells=cells)
        assert result.accepted
        if draw.random() < 0.3:
            windows[window] = result.version or 0


def test_batches_in_any_order_do_not_block_each_other(
    catalogue: Catalogue, crowd: list[Person]
) -> None:
    names = [*(f"y{n}" for n in range(8)), "derby", "moc"]
    catalogue.rows("products", *({"sku": name, "family": "care"} for name in names[:8]))

    def client(number: int) -> None:
        person, draw = crowd[number], random.Random(number)
        for turn in range(8):
            some = draw.sample(names, 6)
            saved = person.save_all(
                [person.edit(n, None, {NAME: f"{number}-{turn}"}) for n in some]
            )
            assert all(each.accepted for each in saved.results)

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(client, number) for number in range(6)]:
            done.result()

    assert catalogue.query("SELECT count(*) FROM change_set WHERE kind = 'edit'") == [(48,)]
