"""A person who makes campaigns over the small shoe catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pim.campaigns.running import Campaign, running
from pim.db.unit_of_work import unit_of_work
from pim.editing.campaigns import service
from pim.projection import Projection
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

BOXING_DAY = datetime(2026, 12, 26, tzinfo=UTC)

SALE: Mapping[str, Any] = {
    "code": "sale",
    "label": "Winter sale",
    "starts_at": "2026-12-26T00:00",
    "ends_at": "2027-01-09T00:00",
    "time_zone": "Europe/London",
    "channels": ["web"],
    "where": {"field": "family", "operator": "IN", "value": ["shoes"]},
    "do": [{"type": "calculate", "field": "price", "percent": -20}],
}


def sale(**more: Any) -> dict[str, Any]:
    """Return the document of a campaign."""
    return {**SALE, **more}


@dataclass
class Planner:
    """Plans campaigns; every act is a unit of work of its own, at the planner's time."""

    catalogue: Catalogue
    projection: Projection
    now: datetime = BOXING_DAY - timedelta(days=30)
    actor: int | None = None

    def work(self) -> Any:
        """Open a unit of work."""
        return unit_of_work(self.catalogue.engine, actor=self.actor, clock=lambda: self.now)

    def apply(self, *documents: Mapping[str, Any], **more: Any) -> service.Written:
        """Save campaigns."""
        with self.work() as work:
            return service.apply_campaigns(
                work, self.projection, documents, current(work.session), **more
            )

    def copy(self, code: str, **more: Any) -> service.Written:
        """Copy a campaign."""
        with self.work() as work:
            return service.copy_campaign(work, self.projection, current(work.session), code, **more)

    def act(self, verb: Any, *arguments: Any, **more: Any) -> service.Written:
        """Carry out a verb of the service."""
        with self.work() as work:
            written: service.Written = verb(work, *arguments, **more)
            return written

    def ask(self, query: Any, *arguments: Any, **more: Any) -> Any:
        """Return what a query answers."""
        with self.work() as work:
            return query(work.session, *arguments, **more)

    def running(self, moment: datetime, channel: str | None = None) -> Sequence[Campaign]:
        """Return what runs at a moment."""
        with self.work() as work:
            return running(work.session, moment, channel=channel)


@pytest.fixture
def planner(catalogue: Catalogue) -> Iterator[Planner]:
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    yield Planner(catalogue, projection)
    projection.close()
