"""An editor of the small shoe catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pim.db import runs
from pim.db.unit_of_work import Work, unit_of_work
from pim.editing.bulk import BulkEdit, BulkResult
from pim.projection import Projection
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue


@dataclass
class Editor:
    """Edits in bulk; every edit is a unit of work of its own."""

    catalogue: Catalogue
    projection: Projection

    def bulk(
        self, where: Mapping[str, Any], *do: Mapping[str, Any], dry_run: bool = False, **more: Any
    ) -> BulkResult:
        """Carry out an edit, resumable as the command makes it."""
        with unit_of_work(self.catalogue.engine, dry_run=dry_run) as work:
            return self.edit(work, where, *do, **more).run()

    def edit(
        self, work: Work, where: Mapping[str, Any], *do: Mapping[str, Any], **more: Any
    ) -> BulkEdit:
        """Return an edit that has not begun."""
        return BulkEdit(
            work,
            self.projection,
            current(work.session),
            where,
            list(do),
            runs_folder=self.catalogue.settings.runs,
            **more,
        )

    def resume(self, run: int) -> BulkResult:
        """Take a run up again."""
        with unit_of_work(self.catalogue.engine) as work:
            return BulkEdit.again(
                work,
                self.projection,
                current(work.session),
                runs.find_run(work.session, run),
                runs_folder=self.catalogue.settings.runs,
            )

    def during(self, act: Callable[[], object]) -> Callable[[int, int, str], None]:
        """Return a progress function that acts once, after the first chunk."""
        acts = [act]

        def progress(_done: int, _total: int, _stage: str) -> None:
            if acts:
                acts.pop()()

        return progress


@pytest.fixture
def editor(catalogue: Catalogue) -> Iterator[Editor]:
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    yield Editor(catalogue, projection)
    projection.close()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Split edits in chunks of one style."""
    monkeypatch.setattr("pim.editing.selection.CHUNK", 1)
