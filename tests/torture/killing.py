"""Kill who carries a run out, or its database, at chosen moments, and let it go on."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import psutil

from pim.db.embedded import EmbeddedServer
from tests.torture.operations import Task
from tests.torture.place import Place, end
from tests.torture.watching import Eye, Standing

#: Seconds that any wait may take.
LONG = 300.0
#: A run is given up after some tries without progress, so no more kills than this in one place.
IN_ONE_PLACE = 4


@dataclass(frozen=True)
class Moment:
    """So many seconds after a run has come to a mark: the place of the mark in its timeline."""

    mark: int
    after: float

    @property
    def sooner(self) -> Moment:
        """Return an earlier one: a run that is quicker than the undisturbed one ends before it."""
        return Moment(self.mark, self.after / 2)


@dataclass(frozen=True)
class Timeline:
    """An undisturbed run: when it came to each mark, in seconds since it began, and its length."""

    marks: Sequence[tuple[float, str]]
    seconds: float

    def place_of(self, mark: str) -> int:
        """Return the place of a mark, -1 if it is unknown."""
        return next((n for n, (_, known) in enumerate(self.marks) if known == mark), -1)

    def moments(self, count: int, seed: int, *, in_one_place: int) -> list[Moment]:
        """Return moments spread over the run, each drawn within its part of it.

        What would be too much in one place is drawn from the whole run instead.
        """
        chance = random.Random(seed)
        drawn = [self.seconds * (n + chance.random()) / count for n in range(count)]
        drawn += [self.seconds * chance.random() for _ in range(10 * count)]
        moments: list[Moment] = []
        for at in drawn:
            mark = max(n for n, (began, _) in enumerate(self.marks) if began <= at or n == 0)
            here = sum(moment.mark == mark for moment in moments)
            if here < in_one_place and len(moments) < count:
                moments.append(Moment(mark, at - self.marks[mark][0]))
        return sorted(moments, key=lambda moment: (moment.mark, moment.after))


def follow(task: Task) -> Timeline:
    """Let a worker carry a task out undisturbed; return its timeline."""
    began = 0.0
    marks: list[tuple[float, str]] = []

    def note(seen: Standing) -> bool:
        nonlocal began
        if seen.moving and not began:
            began = time.monotonic()
        if began and (not marks or marks[-1][1] != seen.mark) and not seen.ended:
            marks.append((time.monotonic() - began, seen.mark))
        return seen.ended

    with closing(task.eye) as eye, task.worker():
        last = eye.wait(note, seconds=LONG, pause=0.005)
        seconds = time.monotonic() - began if began else 0.1
    assert last.state == "done", last
    return Timeline(marks or [(0.0, last.mark)], seconds)


@dataclass
class Killed:
    """How often something was killed, and how often the run then went on."""

    moments: int = 0
    resumed: int = 0


def kill_carriers(
    place: Place, task: Task, timeline: Timeline, moments: Sequence[Moment]
) -> Killed:
    """Kill, turn by turn, the worker and the command that carry it out; let a worker end it."""
    killed = Killed()
    with closing(task.eye) as eye:
        for moment in moments:
            by_command = killed.moments % 2 and task.command
            with place.process(*task.command) if by_command else task.worker() as carrier:
                alive = _await(eye, timeline, moment, carrier)
                end(carrier, signal.SIGKILL)
            if not alive:
                break
            killed.moments += 1
        with task.worker():
            last = eye.wait(lambda seen: seen.ended, seconds=LONG)
    assert last.state == "done", last
    killed.resumed = killed.moments
    return killed


def kill_database(
    place: Place, task: Task, timeline: Timeline, moments: Sequence[Moment]
) -> Killed:
    """Kill or restart PostgreSQL under a worker, which must come back by itself."""
    killed = Killed()
    with closing(task.eye) as eye, task.worker() as worker:
        for moment in moments:
            if not _await(eye, timeline, moment, worker):
                break
            _stop_database(place, restart=killed.moments % 3 == 2)
            killed.moments += 1
            eye.close()
            eye.wait(lambda _: True, seconds=LONG, pause=0.05)
            assert worker.poll() is None, "The worker did not survive its database."
        last = eye.wait(lambda seen: seen.ended, seconds=LONG)
    assert last.state == "done", last
    killed.resumed = killed.moments
    return killed


def _await(eye: Eye, timeline: Timeline, moment: Moment, carrier: subprocess.Popen[bytes]) -> bool:
    """Wait for a moment of a run; False if the run has ended before it."""

    def there(seen: Standing) -> bool:
        return seen.ended or (seen.moving and timeline.place_of(seen.mark) >= moment.mark)

    if eye.wait(there, seconds=LONG).ended:
        return False
    time.sleep(moment.after)
    seen = eye.look()
    return seen is not None and not seen.ended and carrier.poll() is None


def _stop_database(place: Place, *, restart: bool) -> None:
    """Kill the postmaster outright, or have it restarted as an administrator would."""
    postmaster = postmaster_of(place.server)
    if restart:
        place.restart()
        return
    postmaster.send_signal(signal.SIGKILL)
    postmaster.wait(30)


def postmaster_of(server: EmbeddedServer) -> psutil.Process:
    """Return the server's first process."""
    pid_file = (server.home / "postgres").resolve() / "data" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))


def in_groups(moments: Sequence[Moment], *, chunked: bool) -> list[list[Moment]]:
    """Return the moments of each run: all of one that keeps what it has done, else a few."""
    size = len(moments) if chunked else IN_ONE_PLACE
    return [list(moments[at : at + size]) for at in range(0, len(moments), size)]
