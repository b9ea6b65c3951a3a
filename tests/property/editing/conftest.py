"""The small shoe catalogue with two simple shoes, in a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pim.settings import Settings
from tests.factories.catalogue import Catalogue
from tests.factories.planner import Planner


@pytest.fixture
def planner(engine: Engine, settings: Settings, tmp_path: Path) -> Iterator[Planner]:
    """Return somebody who plans edits of it."""
    made = Catalogue(engine, settings, tmp_path / "files")
    made.open()
    made.stock()
    shoe = {"family": "shoes", "color": "navy", "name-en_GB": " a Loose  shoe", "brand": "polka"}
    made.rows(
        "products", {**shoe, "sku": "s41", "size": "41"}, {**shoe, "sku": "s43", "size": "43"}
    )
    planner = Planner(made)
    yield planner
    planner.close()
