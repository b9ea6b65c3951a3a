"""Somebody who keeps rules, in a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pim.jobs.context import JobContext
from pim.settings import Settings
from tests.factories.catalogue import Catalogue
from tests.factories.ruler import Ruler


@pytest.fixture
def ruler(engine: Engine, settings: Settings, tmp_path: Path, database: str) -> Iterator[Ruler]:
    made = Catalogue(engine, settings, tmp_path / "files")
    made.open()
    made.stock()
    context = JobContext(settings, database)
    yield Ruler(made, context)
    context.projection.close()
    context.engine.dispose()
