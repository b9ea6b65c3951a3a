"""Whatever way the projection was brought up to date, it shows what a new one shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.errors import NotFound, Refused
from pim.products import writer
from pim.products.change_sets import open_change_set
from pim.products.models import PRODUCT
from pim.projection import Projection, Reading, columns
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS
from pim.projection.projector import LOCK
from pim.settings import Settings
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

WHERE: Sequence[Mapping[str, Any]] = (
    {},
    {"field": "family", "operator": "=", "value": "shoes"},
    {"field": "family", "operator": "=", "value": "care"},
    {"field": "sku", "operator": "CONTAINS", "value": "41"},
    {"field": "level", "operator": "=", "value": "model"},
)
DO: Sequence[Mapping[str, Any]] = (
    {"type": "set", "field": "brand", "value": "acme"},
    {"type": "clear", "field": "brand"},
    {"type": "set", "field": "name", "locale": "de_DE", "value": "Neu ÉTÉ"},
    {"type": "append", "field": "name", "locale": "en_GB", "text": " Zoë"},
    {"type": "clear", "field": "name", "locale": "en_GB"},
    {"type": "calculate", "field": "price", "percent": -10},
    {"type": "set", "field": "stock", "value": 7},
    {"type": "calculate", "field": "stock", "add": 1},
    {"type": "set", "field": "vegan", "value": True},
    {"type": "set", "field": "materials", "value": ["cork"]},
    {"type": "clear", "field": "price"},
    {"type": "set", "field": "offer", "scope": "web", "value": {"EUR": "5"}},
    {"type": "categorize", "add": ["men"]},
    {"type": "categorize", "move": ["women"]},
    {"type": "set_groups", "groups": ["new"]},
    {"type": "set_groups", "add": ["sale"]},
    {"type": "associate", "association": "PAIR", "product_models": ["moc"]},
    {"type": "set_family", "family": "care"},
    {"type": "set_family", "family": "shoes"},
    {"type": "set_parent", "parent": "moc"},
    {"type": "set_parent", "parent": "derby-black"},
    {"type": "to_simple"},
    {"type": "disable"},
    {"type": "enable"},
)
SHEETS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("products", {"sku": "wax", "name-en_GB": "Wax Öl", "categories": "boots"}),
    ("products", {"sku": "wax", "stock": "4", "enabled": "0", "groups": "sale"}),
    ("products", {"sku": "DRB-COG-41", "price-EUR": "77", "stock": "1"}),
    ("products", {"sku": "new", "family": "care", "name-en_GB": "New", "price-EUR": "3"}),
    ("products", {"sku": "DRB-COG-43", "parent": "derby-cognac", "size": "43", "stock": "9"}),
    ("product_models", {"code": "derby", "brand": "polka", "categories": "men"}),
    ("product_models", {"code": "derby-black", "price-EUR": "55"}),
    ("categories", {"code": "boots", "parent": "men", "label-en_GB": "Boots"}),
    ("categories", {"code": "boots", "parent": "women", "label-en_GB": "Stiefel"}),
    ("attribute_options", {"attribute": "brand", "code": "acme", "label-en_GB": "Zebra"}),
    ("families", {"code": "care", "attribute_as_label": "name", "requirements-web": "sku,stock"}),
)


@dataclass
class Story:
    """Edits of a small catalogue in an order drawn by chance."""

    catalogue: Catalogue
    projection: Projection
    chance: Random
    edits: list[int] = field(default_factory=list)

    def step(self) -> None:
        """Do one thing."""
        acts: Sequence[Callable[[], None]] = (
            self._bulk, self._bulk, self._bulk, self._undo, self._sheet, self._sheet, self._delete,
        )  # fmt: skip
        self.chance.choice(acts)()

    def _bulk(self) -> None:
        where, do = self.chance.choice(WHERE), [self.chance.choice(DO)]
        with unit_of_work(self.catalogue.engine) as work:
            edit = BulkEdit(work, self.projection, current(work.session), where, do)
            try:
                written = edit.run().change_set
            except Refused:
                return
            self.edits += [written] if written else []

    def _undo(self) -> None:
        if self.edits:
            chosen = self.edits.pop(self.chance.randrange(len(self.edits)))
            self.catalogue.undo(chosen)

    def _sheet(self) -> None:
        entity, row = self.chance.choice(SHEETS)
        self.catalogue.rows(entity, row)

    def _delete(self) -> None:
        found = self.catalogue.query("SELECT id FROM product ORDER BY id")
        if len(found) < 3:
            return
        with unit_of_work(self.catalogue.engine) as work:
            change_set = open_change_set(work, kind="edit", label="delete")
            ids = [self.chance.choice(found)[0]]
            writer.delete(work.session, change_set_id=change_set.id, kind=PRODUCT, ids=ids)


@pytest.fixture
def story(engine: Engine, settings: Settings, tmp_path: Path) -> Iterator[Story]:
    catalogue = Catalogue(engine, settings, tmp_path / "files")
    catalogue.open()
    catalogue.stock()
    projection = Projection(tmp_path / "projection", engine)
    yield Story(catalogue, projection, Random())
    projection.close()


def shown(reading: Reading) -> dict[str, Any]:
    """Return all that a reading shows."""
    structure = reading.structure
    names = set(columns.SYSTEM) | {"name-en_GB", "name-de_DE", "offer-web-EUR"}
    for attribute in structure.attributes:
        for channel in (*structure.channels, None):
            for locale in (*structure.locales, None):
                asked = columns.of_attribute(
                    structure, attribute,
                    channel=channel and channel.code, locale=locale and locale.code,
                )  # fmt: skip
                names |= {column.name for column in asked if _is_known(structure, column.name)}
    both = (*PRODUCT_LEVELS, *MODEL_LEVELS)
    ordered = ["id", *sorted(names - {"id"})]
    found: dict[str, Any] = {
        "products": reading.frame(ordered).rows(),
        "models": reading.frame(ordered, levels=MODEL_LEVELS).rows(),
        "trees": [reading.tree_counts(levels=each) for each in (PRODUCT_LEVELS, MODEL_LEVELS)],
        "families": sorted(reading.counts("family").items(), key=str),
    }
    for channel in structure.channels:
        for code in channel.locales:
            found[f"complete {channel.code} {code}"] = reading.completeness(
                channel.code, code
            ).rows()
    for text in ("41", "été", "zoë", "wax"):
        found[f"text {text}"] = reading.search(text=text, levels=both).ids.to_list()
    for name in ("identifier", "name-en_GB", "price-EUR", "brand", "stock", "updated", "family"):
        for falls in (False, True):
            for offset in (0, 2):
                page = reading.search(
                    sort=name, descending=falls, offset=offset, limit=3, locale="en_GB"
                )
                found[f"{name} {falls} {offset}"] = (page.ids.to_list(), page.total)
    return found


def _is_known(structure: Any, name: str) -> bool:
    try:
        columns.find(structure, name)
    except NotFound:
        return False
    return True


def same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Compare view by view: the whole would be too long to read."""
    for name, wanted in expected.items():
        assert found[name] == wanted, name


def rebuilt(story: Story, folder: Path) -> dict[str, Any]:
    """Return what a projection from nothing shows."""
    fresh = Projection(folder, story.catalogue.engine)
    try:
        with fresh.read() as reading:
            return shown(reading)
    finally:
        fresh.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_way_of_following_changes_shows_what_a_new_projection_shows(
    story: Story, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pim.projection.projector.PATCH_FROM", 0)
    monkeypatch.setattr("pim.projection.compaction.DUE_SECONDS", 0.0)
    monkeypatch.setattr("pim.projection.compaction.DUE_PATCHES", 3)
    story.chance.seed(seed)
    story.projection.refresh()
    patched = compacted = 0
    for number in range(8):
        for _ in range(story.chance.choice((1, 1, 2))):
            story.step()
        expected = rebuilt(story, tmp_path / f"new{number}")
        with story.catalogue.engine.connect() as busy:  # the projector is somebody else
            busy.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            with story.projection.read_newest() as reading:
                same(shown(reading), expected)
        patched += bool(story.projection.refresh().patches)
        with story.projection.read() as reading:
            same(shown(reading), expected)
        if story.chance.random() < 0.3:
            compacted += story.projection.compact() is not None
            with story.projection.read() as reading:
                same(shown(reading), expected)
    assert patched


@pytest.mark.parametrize(
    ("do", "patched"),
    [
        ({"type": "set_groups", "groups": ["new"]}, True),
        ({"type": "set_family", "family": "shoes"}, True),
        ({"type": "associate", "association": "PAIR", "products": ["wax"]}, True),
        ({"type": "set_parent", "parent": "derby-cognac"}, False),
        ({"type": "to_simple"}, False),
    ],
)
def test_what_a_product_is_beside_its_values_is_followed_there_and_back(
    story: Story,
    tmp_path: Path,
    do: Mapping[str, Any],
    patched: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pim.projection.projector.PATCH_FROM", 0)
    story.projection.refresh()
    with unit_of_work(story.catalogue.engine) as work:
        edit = BulkEdit(work, story.projection, current(work.session), {}, [do])
        change_set = edit.run().change_set

    assert bool(story.projection.refresh().patches) == patched
    with story.projection.read() as reading:
        same(shown(reading), rebuilt(story, tmp_path / "there"))
    story.catalogue.undo(change_set)
    story.projection.refresh()
    with story.projection.read() as reading:
        same(shown(reading), rebuilt(story, tmp_path / "back"))
