"""What every task needs, made once per worker process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from channels.facts import projection_of
from channels.publication.rounds import Round
from pim.db.engine import create_engine
from pim.projection import Projection
from pim.settings import Settings


@dataclass(frozen=True)
class JobContext:
    """Settings and the database of one worker process."""

    settings: Settings
    database_url: str

    @cached_property
    def engine(self) -> Engine:
        """Return the process's engine."""
        return create_engine(self.database_url, pool_size=4)

    @cached_property
    def projection(self) -> Projection:
        """Return the catalogue in columns."""
        return projection_of(self.settings, self.engine)

    @cached_property
    def round(self) -> Round:
        """Return what publications that follow each other have in common."""
        return Round()
