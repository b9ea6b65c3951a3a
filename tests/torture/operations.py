"""What is tortured: each operation as a run that a worker or a command carries out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from pim.db.queue import enqueue_run
from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from tests.torture.place import PIM, Place
from tests.torture.watching import Eye, FoldEye, RunEye

#: What is no run, but goes on in every worker.
FOLD = "fold"
EVERYTHING = {"field": "sku", "operator": "NOT EMPTY"}
MARK = {"type": "set", "field": "badge", "scope": "web", "value": "badge_07"}


#: A worker that folds the projection as soon as there is anything to fold.
EAGER = f"""
from pim.jobs import worker
from pim.projection import compaction
worker.FOLD_SECONDS, compaction.DUE_SECONDS, compaction.DUE_PATCHES = 0.2, 0.0, 1
{PIM}
"""


@dataclass(frozen=True)
class Task:
    """An operation that waits for a worker to carry it out, or for a command if there is one."""

    eye: Eye
    worker: Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: the snapshot it begins from, its run, and what it leaves for the next.

    `again` are the folders to bring back before it is done once more; None if only the whole home
    will do. `chunked` operations resume where they were; others begin anew.
    """

    name: str
    begins: str
    kind: str
    parameters: Callable[[Place], Mapping[str, Any]] = lambda _: {}
    lock: Callable[[Place], str | None] = lambda _: None
    again: tuple[str, ...] | None = None
    ends: str | None = None
    finish: Callable[[Place], None] = field(default=lambda _: None)

    @property
    def chunked(self) -> bool:
        """Tell whether a killed run keeps what it had done."""
        return self.again is None

    def begin(self, place: Place) -> Task:
        """Queue the operation's run, if it is one, for whoever carries it out."""
        if self.kind == FOLD:
            eye = FoldEye(place.settings.projection)
            return Task(eye, lambda: place.process("worker", program=EAGER))
        with place.engine() as engine, unit_of_work(engine) as work:
            number = enqueue_run(
                work,
                kind=self.kind,
                label=self.name,
                parameters=self.parameters(place),
                lock=self.lock(place),
            ).id
        command = ("run", "resume", str(number))
        return Task(RunEye(place, number), lambda: place.process("worker"), command)


def _import(place: Place) -> Mapping[str, Any]:
    return {
        "paths": [str(place.files)], "base": str(place.scratch), "entity": "auto",
        "profile": None, "dry_run": False, "blank": None, "mode": None,
    }  # fmt: skip


def _feed(place: Place) -> str:
    return min(path.stem for path in (place.files / "feeds").iterdir())


def _bulk(_: Place) -> Mapping[str, Any]:
    return {"where": EVERYTHING, "do": [MARK]}


def _undo(place: Place) -> Mapping[str, Any]:
    [found] = place.query("SELECT max(id) AS id FROM change_set WHERE kind = 'bulk'")
    return {"change_set": found["id"]}


def _publish_first(place: Place) -> None:
    """Publish every feed from the imported catalogue, then change a part of it."""
    for path in sorted((place.files / "feeds").iterdir()):
        place.pim("feed", "apply", str(path))
    place.pim("feed", "publish", "--all", "--force", "--reason", "torture")
    part = {"field": "sku", "operator": "CONTAINS", "value": "7"}
    stock = {"type": "set", "field": "stock_quantity", "value": "41"}
    place.pim("bulk", "--where", json.dumps(part), "--do", json.dumps([stock]))


def _refresh(place: Place) -> None:
    """Bring the projection up to date; an edit of many leaves it something to fold."""
    with place.engine() as engine:
        projection = Projection.from_settings(place.settings, engine)
        projection.refresh()
        projection.close()


def _publication(delta: bool) -> Callable[[Place], Mapping[str, Any]]:
    forced = {"force": True, "reason": "torture"}
    return lambda place: {"feed": _feed(place), "delta": delta, "as_of": None, **forced}


def _feed_lock(place: Place) -> str:
    return f"feed {_feed(place)}"


OPERATIONS = (
    Operation(
        name="import", begins="empty", kind="import", parameters=_import, ends="changed",
        finish=_publish_first,
    ),
    Operation(
        name="projection refresh", begins="changed", kind="project",
        again=("projection",), ends="projected",
    ),
    Operation(
        name="compaction", begins="projected", kind="project",
        parameters=lambda _: {"rebuild": True}, again=("projection",),
    ),
    Operation(
        name="publication, full", begins="projected", kind="publish",
        parameters=_publication(delta=False), lock=_feed_lock, again=("feeds",),
    ),
    Operation(
        name="publication, delta", begins="projected", kind="publish",
        parameters=_publication(delta=True), lock=_feed_lock, again=("feeds",),
    ),
    Operation(
        name="bulk edit", begins="projected", kind="bulk", parameters=_bulk, ends="edited",
        finish=_refresh,
    ),
    Operation(name="undo", begins="edited", kind="undo", parameters=_undo),
    Operation(name="folding", begins="edited", kind=FOLD, again=("projection",)),
)  # fmt: skip
