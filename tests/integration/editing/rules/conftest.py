"""Somebody who keeps rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pim.jobs.context import JobContext
from tests.factories.catalogue import Catalogue
from tests.factories.ruler import Ruler


@pytest.fixture
def ruler(catalogue: Catalogue) -> Iterator[Ruler]:
    context = JobContext(catalogue.settings, str(catalogue.settings.database_url))
    yield Ruler(catalogue, context)
    context.projection.close()
    context.engine.dispose()
