"""Somebody who plans edits: drafts them, previews them, and runs them as previewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pim.access.service import create_user
from pim.db.unit_of_work import unit_of_work
from pim.editing.change_sets import drafts, service, showing
from pim.editing.change_sets.pages import Filter
from pim.jobs.context import JobContext
from pim.jobs.tasks import go_on
from pim.jobs.watch import Watch
from pim.products.change_sets import find_change_set
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

Progress = Callable[[int, int, str], None]


@dataclass
class Planner:
    """Plans edits of a catalogue; every act is a unit of work of its own.

    `actor` is who acts: None is the system.
    """

    catalogue: Catalogue
    actor: int | None = None
    context: JobContext = field(init=False)

    def __post_init__(self) -> None:
        settings = self.catalogue.settings
        self.context = JobContext(settings, str(settings.database_url))

    def close(self) -> None:
        """Let go of projection and database."""
        self.context.projection.close()
        self.context.engine.dispose()

    def person(self, name: str, role: str) -> Planner:
        """Return somebody else, with a role."""
        with unit_of_work(self.catalogue.engine) as work:
            user = create_user(
                work, email=f"{name}@example.com", password="correct horse battery", role=role
            )
            other = Planner(self.catalogue, user.id)
        other.context = self.context
        return other

    def draft(
        self, do: Sequence[Mapping[str, Any]], where: Mapping[str, Any] | None = None, **more: Any
    ) -> int:
        """Make a draft of an edit of everything, or of what meets a condition."""
        with unit_of_work(self.catalogue.engine, actor=self.actor) as work:
            return drafts.create(work, current(work.session), do=do, where=where, **more).id

    def act(self, verb: Callable[..., Any], number: int, *given: Any, **more: Any) -> Any:
        """Call a verb of the service."""
        with unit_of_work(self.catalogue.engine, actor=self.actor) as work:
            return verb(work, number, *given, **more)

    def preview(self, number: int, progress: Progress | None = None) -> dict[str, Any]:
        """Preview, and return the counts."""
        run = self.act(service.ask_for_preview, number, queue=False).id
        return self.go_on(run, progress)

    def choose(self, number: int, which: Filter, *, ticked: bool) -> None:
        """Tick or untick."""
        runs = self.catalogue.settings.runs
        self.act(service.choose, number, runs, which, ticked=ticked)

    def start(self, number: int, **more: Any) -> int:
        """Return the queued run of a change set."""
        runs = self.catalogue.settings.runs
        return int(self.act(service.start, number, runs, queue=False, **more).id)

    def run(self, number: int, **more: Any) -> dict[str, Any]:
        """Carry a change set out, and return the counts."""
        return self.go_on(self.start(number, **more))

    def go_on(self, run: int, progress: Progress | None = None) -> dict[str, Any]:
        """Carry a run out to its end, and return its result."""
        watch = Watch(self.context.engine, run)
        if progress:
            watch.show = progress
        result = go_on(self.context, run, watch).result
        assert result is not None
        return result

    def state(self, number: int) -> str:
        """Return a change set's state."""
        with unit_of_work(self.catalogue.engine) as work:
            return find_change_set(work.session, number).state

    def show(self, number: int) -> dict[str, Any]:
        """Return everything about a change set."""
        with unit_of_work(self.catalogue.engine) as work:
            return showing.document(work, number, self.catalogue.settings.runs)

    def counts(self, number: int) -> dict[str, Any]:
        """Return the figures of a preview."""
        with unit_of_work(self.catalogue.engine) as work:
            return showing.counts(work.session, number, self.catalogue.settings.runs)

    def page(self, number: int, which: Filter | None = None, **more: Any) -> dict[str, Any]:
        """Return a page of a preview."""
        runs = self.catalogue.settings.runs
        with unit_of_work(self.catalogue.engine) as work:
            return showing.preview(work.session, number, runs, which or Filter(), **more)

    def folder(self, number: int) -> Path:
        """Return where the cells of a preview lie."""
        with unit_of_work(self.catalogue.engine) as work:
            preview = find_change_set(work.session, number).preview_id
        return self.catalogue.settings.runs / str(preview)

    def stock_up(self, products: int) -> None:
        """Add simple products BULK-00000 and so on."""
        self.catalogue.rows(
            "products",
            *({"sku": f"BULK-{n:05}", "family": "care", "stock": str(n)} for n in range(products)),
        )
