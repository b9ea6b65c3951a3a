"""For every operation: a dry run tells what comes, and undo and its undo lead there and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from pim.db.unit_of_work import unit_of_work
from pim.domain.operations import OPERATIONS
from pim.editing.bulk import BulkEdit, BulkResult
from pim.projection import Projection
from pim.settings import Settings
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

WHERE: Sequence[Mapping[str, Any]] = (
    {},
    {},
    {"field": "family", "operator": "=", "value": "shoes"},
    {"field": "family", "operator": "=", "value": "care"},
    {"field": "identifier", "operator": "CONTAINS", "value": "4"},
    {"field": "level", "operator": "=", "value": "model"},
    {"field": "level", "operator": "IN", "value": ["model", "simple"]},
)
NAME: Mapping[str, Any] = {"field": "name", "locale": "*"}
DO: Sequence[Mapping[str, Any]] = (
    {"type": "set", "field": "brand", "value": "acme"},
    {"type": "clear", "field": "price"},
    {"type": "add", "field": "materials", "items": ["cork"]},
    {"type": "remove", "field": "price", "items": ["EUR"]},
    {"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "name",
     "to_locale": "de_DE"},
    {"type": "replace_text", **NAME, "search": "[aeo]", "replace": "u", "regex": True},
    {"type": "calculate", "field": "price", "percent": 10},
    {"type": "prefix", **NAME, "text": "New "},
    {"type": "append", **NAME, "text": "  (new)"},
    {"type": "change_case", **NAME, "to": "upper"},
    {"type": "trim", **NAME, "inner": True},
    {"type": "shift_date", "field": "launch", "months": 1},
    {"type": "categorize", "add": ["men"], "remove": ["outlet"]},
    {"type": "categorize", "move": ["boots"]},
    {"type": "enable"},
    {"type": "disable"},
    {"type": "set_groups", "groups": ["new"]},
    {"type": "set_groups", "add": ["sale"], "remove": ["new"]},
    {"type": "associate", "association": "X_SELL", "products": ["wax"], "groups": ["sale"]},
    {"type": "associate", "association": "PAIR", "products": ["laces", "wax"],
     "product_models": ["moc"]},
    {"type": "associate", "association": "PACK", "product_models": ["derby"], "quantity": 3},
    {"type": "dissociate", "association": "PAIR"},
    {"type": "dissociate", "association": "PACK", "products": ["MOC-41"]},
    {"type": "set_family", "family": "care"},
    {"type": "set_family", "family": "shoes"},
    {"type": "set_family", "family": None},
    {"type": "set_parent", "parent": "derby-black"},
    {"type": "set_parent", "parent": "derby-cognac"},
    {"type": "set_parent", "parent": "moc"},
    {"type": "to_simple"},
)  # fmt: skip
#: Operations that need files, or make and unmake products, have tests of their own.
ELSEWHERE = {"attach_media", "delete", "restore"}


@pytest.fixture
def catalogue(engine: Engine, settings: Settings, tmp_path: Path) -> Catalogue:
    made = Catalogue(engine, settings, tmp_path / "files")
    made.open()
    made.stock()
    shoe = {"family": "shoes", "color": "navy", "name-en_GB": " a Loose  shoe", "brand": "polka"}
    made.rows(
        "products", {**shoe, "sku": "s41", "size": "41"}, {**shoe, "sku": "s43", "size": "43"}
    )
    return made


@pytest.fixture
def projection(catalogue: Catalogue, tmp_path: Path) -> Iterator[Projection]:
    made = Projection(tmp_path / "projection", catalogue.engine)
    yield made
    made.close()


def edited(
    catalogue: Catalogue, projection: Projection, where: Any, do: Any, *, dry_run: bool = False
) -> BulkResult:
    with unit_of_work(catalogue.engine, dry_run=dry_run) as work:
        return BulkEdit(work, projection, current(work.session), where, do).run()


def test_every_operation_is_drawn() -> None:
    assert {each["type"] for each in DO} == set(OPERATIONS) - ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_edits_are_foretold_and_undone_there_and_back(
    catalogue: Catalogue, projection: Projection, seed: int
) -> None:
    chance, written = Random(seed), 0
    for do in chance.sample(DO, len(DO)):
        steps = [do, *chance.sample(DO, chance.choice((0, 0, 1, 2)))]
        where = chance.choice(WHERE)
        before = catalogue.state()
        foretold = edited(catalogue, projection, where, steps, dry_run=True)
        assert catalogue.state() == before

        result = edited(catalogue, projection, where, steps)

        assert {**vars(result), "change_set": None} == vars(foretold), (where, steps)
        if result.change_set is None:
            assert catalogue.state() == before
            continue
        after = catalogue.state()
        undone = catalogue.undo(result.change_set)
        assert (catalogue.state(), undone.kept) == (before, 0), (where, steps)
        if undone.change_set is not None:
            again = catalogue.undo(undone.change_set)
            assert (catalogue.state(), again.kept) == (after, 0), (where, steps)
        written += 1
    assert written > len(DO) // 3
