"""What a request works with: the process's parts, one unit of work, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import current_app, g
from sqlalchemy import Engine

from channels.facts import projection_of
from pim.access.throttle import Throttle
from pim.assets.renderer import Renderer
from pim.assets.storage import Storage
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.projection import Projection, Reading
from pim.settings import Settings
from pim.structure.queries import current as current_structure
from pim.web.people import Person

NAME = "polka"


@dataclass(frozen=True)
class Parts:
    """What one process of the server shares between its requests."""

    settings: Settings
    engine: Engine
    throttle: Throttle = field(default_factory=Throttle)

    @cached_property
    def projection(self) -> Projection:
        """Return the catalogue in columns; made late, in the process that reads it."""
        return projection_of(self.settings, self.engine)

    @cached_property
    def storage(self) -> Storage:
        """Return the stored media."""
        return Storage.from_settings(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        """Return what draws small pictures, in a child process of its own."""
        return Renderer()


def parts() -> Parts:
    """Return the parts of this process."""
    found: Parts = current_app.extensions[NAME]
    return found


def work() -> Work:
    """Return the request's unit of work; it commits when the view has returned."""
    found: Work = g.work
    return found


def person() -> Person | None:
    """Return who asks, None for somebody who has not signed in."""
    found: Person | None = g.get("person")
    return found


def structure() -> Structure:
    """Return the structure as the request's transaction sees it."""
    if "structure" not in g:
        g.structure = current_structure(work().session)
    found: Structure = g.structure
    return found


@contextmanager
def reading() -> Iterator[Reading]:
    """Give a reading of the projection, with what this person has just written."""
    asking = person()
    author = asking.id if asking else None
    with parts().projection.read_newest(author=author) as found:
        yield found


def chosen() -> Any:
    """Return the channel and locale that the context bar shows."""
    return g.chosen
