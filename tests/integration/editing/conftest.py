"""An editor of the small shoe catalogue."""

from __future__ import annotations

import subprocess
import sys
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


KILLED = """
import os, sys
from pathlib import Path
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.editing import selection
from pim.editing.bulk import BulkEdit
from pim.projection import Projection
from pim.structure.queries import current

selection.CHUNK = 1
home, engine = Path(sys.argv[1]), create_engine(sys.argv[2])
with unit_of_work(engine) as work:
    BulkEdit(
        work, Projection(home / "projection", engine), current(work.session), {},
        [{"type": "set", "field": "stock", "value": 77}], runs_folder=home / "runs",
        progress=lambda done, total, stage: os._exit(9),
    ).run()
"""


@pytest.fixture
def killed(catalogue: Catalogue) -> int:
    """Return the run of an edit whose process died after its first chunk."""
    settings = catalogue.settings
    arguments = [sys.executable, "-c", KILLED, str(settings.home), str(settings.database_url)]
    assert subprocess.run(arguments, check=False).returncode == 9
    return int(catalogue.query("SELECT id FROM run WHERE kind = 'bulk'")[0][0])
