"""Torture an operation: kill what carries it out, and compare its end with an undisturbed one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pim.generate import build
from pim.projection import Projection
from pim.structure.seeds import prepare
from tests.torture.killing import (
    IN_ONE_PLACE,
    Killed,
    Moment,
    Timeline,
    follow,
    in_groups,
    kill_carriers,
    kill_database,
)
from tests.torture.operations import FOLD, OPERATIONS, Operation, Task
from tests.torture.place import Place
from tests.torture.state import (
    State,
    feed_state,
    projection_columns,
    projection_state,
    state_of,
)
from tests.torture.watching import Readers, StuckRuns, leases, leftovers
from tests.torture.web import Pages

Kill = Callable[[Place, Task, Timeline, Sequence[Moment]], Killed]
#: How long a process of the pages lives, on average.
WEB_SECONDS: Final = 1.5
#: A moment that a run is always over before is tried sooner and sooner, down to so many seconds.
SOONEST: Final = 0.02

VICTIMS: Final[dict[str, Kill]] = {"worker, command": kill_carriers, "PostgreSQL": kill_database}


@dataclass
class Row:
    """What became of one operation under one kind of kills."""

    operation: str
    victim: str
    size: int
    moments: int = 0
    web_kills: int = 0
    resumed: int = 0
    reads: int = 0
    running_without_process: float = 0.0
    seconds: float = 0.0
    undisturbed: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Tell whether nothing was found wrong."""
        return not self.wrong

    def document(self) -> dict[str, Any]:
        """Return the row of the report."""
        return {**asdict(self), "equal": self.equal}


@dataclass
class Torture:
    """All operations in one place, each from the snapshot that an earlier one has left."""

    place: Place
    size: int
    moments: int
    feeds: int = 2
    seed: int = 1
    say: Callable[[str], None] = print
    keep: Callable[[Row], None] = lambda _: None
    web: bool = True

    def run(self, names: Sequence[str] = (), victims: Sequence[str] = ()) -> list[Row]:
        """Torture every operation, or those that are named; return the rows, kept one by one."""
        self._begin()
        rows: list[Row] = []
        last = max(n for n, o in enumerate(OPERATIONS) if not names or o.name in names)
        for operation in OPERATIONS[: last + 1]:
            wanted = not names or operation.name in names
            if not wanted and not operation.ends:
                continue
            timeline, expected = self._undisturbed(operation)
            for victim in (victims or VICTIMS) if wanted else ():
                rows.append(self._tortured(operation, victim, timeline, expected))
                self.say(line(rows[-1]))
                self.keep(rows[-1])
        return rows

    def _begin(self) -> None:
        """Make the catalogue up and keep an empty home."""
        build.write(self.place.files, products=self.size, feed_count=self.feeds, seed=self.seed)
        self.place.start()
        with self.place.engine() as engine:
            prepare(engine)
        self.place.stop()
        self.place.save("empty")

    def _undisturbed(self, operation: Operation) -> tuple[Timeline, State]:
        """Do an operation once as it should be; keep its end if later ones begin there."""
        self._restore(operation.begins)
        timeline = follow(operation.begin(self.place))
        expected = self._state(operation)
        operation.finish(self.place)
        self.place.stop()
        if operation.ends:
            self.place.save(operation.ends)
        return timeline, expected

    def _tortured(
        self, operation: Operation, victim: str, timeline: Timeline, expected: State
    ) -> Row:
        row = Row(operation.name, victim, self.size, undisturbed=round(timeline.seconds, 1))
        began = time.monotonic()
        self._restore(operation.begins)
        place = self.place
        pages = Pages(place, seed=self.seed, every=WEB_SECONDS, most=self.moments)
        with StuckRuns(place) as stuck, Readers(place.settings.feeds) as readers:
            if self.web:
                with pages:
                    self._kill(row, operation, timeline, expected, readers)
                pages.close()
            else:
                self._kill(row, operation, timeline, expected, readers)
        row.running_without_process, row.reads, row.web_kills = (
            stuck.longest,
            readers.reads,
            pages.kills,
        )
        row.wrong += [*readers.wrong, *stuck.wrong, *pages.wrong]
        row.wrong += self._leftovers()
        place.stop()
        row.seconds = round(time.monotonic() - began, 1)
        return row

    def _kill(
        self,
        row: Row,
        operation: Operation,
        timeline: Timeline,
        expected: State,
        readers: Readers,
    ) -> None:
        most = IN_ONE_PLACE if operation.chunked else self.moments
        moments = timeline.moments(self.moments, self.seed, in_one_place=most)
        groups = deque(in_groups(moments, chunked=operation.chunked))
        done = 0
        while groups:
            group, done = groups.popleft(), done + 1
            if done > 1 and operation.again:
                with readers.paused:
                    self.place.restore(operation.begins, only=operation.again)
                    readers.forget()
            try:
                task = operation.begin(self.place)
                killed = VICTIMS[row.victim](self.place, task, timeline, group)
            except AssertionError as error:
                row.wrong.append(str(error))
                return
            row.moments += killed.moments
            row.resumed += killed.resumed
            row.wrong += _differences(expected, self._state(operation))
            late = [moment.sooner for moment in group[killed.moments :]]
            if operation.again and late and late[0].after > SOONEST:
                groups.append(late)

    def _state(self, operation: Operation) -> State:
        """Return what the operation is about; of what it cannot touch nothing is asked."""
        place = self.place
        if operation.kind in {"project", FOLD}:
            with place.engine() as engine:
                projection = Projection.from_settings(place.settings, engine)
                found = projection_state(projection)
                projection.close()
            return {"projection": found}
        if operation.kind == "publish":
            return feed_state(place.settings.feeds)
        return state_of(place)

    def _leftovers(self) -> list[str]:
        """Return what killed processes have left behind, once the projection has been refreshed."""
        place = self.place
        with place.engine() as engine:
            projection = Projection.from_settings(place.settings, engine)
            projection.refresh()
            shown = projection_columns(projection)
            projection.close()
            projection.refresh(rebuild=True)
            rebuilt = projection_columns(projection)
            projection.close()
        wrong = [f"projection, {each} of a rebuilt one" for each in _differences(rebuilt, shown)]
        wrong += [f"left over: {name}" for name in leftovers(place)]
        if held := leases(place.settings.projection):
            wrong.append(f"{held} leases are left")
        locks = place.query("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'")
        if locks[0]["n"]:
            wrong.append(f"{locks[0]['n']} advisory locks are left")
        running = place.query("SELECT count(*) AS n FROM run WHERE state IN ('running', 'queued')")
        if running[0]["n"]:
            wrong.append(f"{running[0]['n']} runs are not ended")
        return wrong

    def _restore(self, name: str) -> None:
        self.place.restore(name)
        self.place.start()


def _differences(expected: State, found: State) -> list[str]:
    return [
        f"{name}: {found.get(name)} instead of {expected.get(name)}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


HEADER: Final = (
    f"{'operation':20} {'victim':16} {'moments':>7} {'web':>4} {'resumed':>7} {'equal':>5} "
    f"{'stuck s':>7} {'reads':>6} {'alone s':>7} {'took s':>6}"
)


def line(row: Row) -> str:
    """Return a row of the table, with what is wrong below it."""
    told = (
        f"{row.operation:20} {row.victim:16} {row.moments:7} {row.web_kills:4} {row.resumed:7} "
        f"{'yes' if row.equal else 'NO':>5} {row.running_without_process:7.1f} {row.reads:6} "
        f"{row.undisturbed:7.1f} {row.seconds:6.1f}"
    )
    return "\n    ".join([told, *row.wrong])
