"""What looks on while things are killed: how far a run is, who reads feeds, which runs stick."""

from __future__ import annotations

import fcntl
import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import orjson
import psycopg

from channels.publication.files import CURRENT, DELTA, MANIFEST
from pim.db.run_locks import CLASS
from pim.projection import compaction, manifest
from tests.torture.place import Place

#: Files that are only ever locked, and stay.
LOCKS = frozenset({compaction.FOLDING})
UNFINISHED = frozenset({"queued", "running"})

_STANDING = """
    SELECT state, error, coalesce(extract(epoch FROM heartbeat), 0)::float AS heartbeat,
        concat_ws(' ', parameters ->> 'chunk', parameters ->> 'position',
            parameters -> 'state' ->> 'taken', parameters -> 'state' ->> 'task') AS mark,
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %(class)s
            AND objid = %(run)s AND objsubid = 2) AS held
    FROM run WHERE id = %(run)s
"""
_STUCK = """
    SELECT r.id FROM run r WHERE r.state = 'running' AND NOT EXISTS (
        SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %(class)s
        AND l.objid = r.id AND l.objsubid = 2)
"""


@dataclass(frozen=True)
class Standing:
    """Where a run is: `mark` changes with every chunk that is committed."""

    state: str
    mark: str
    held: bool
    error: str | None

    @property
    def moving(self) -> bool:
        """Tell whether a process is at it."""
        return self.state == "running" and self.held

    @property
    def ended(self) -> bool:
        """Tell whether nobody will come to it by itself."""
        return self.state not in UNFINISHED


class Eye(ABC):
    """Looks at something that goes on."""

    @abstractmethod
    def look(self) -> Standing | None:
        """Return where it is, None while that cannot be told."""

    def wait(
        self, until: Callable[[Standing], bool], *, seconds: float, pause: float = 0.02
    ) -> Standing:
        """Look until something holds; AssertionError with the last look after some seconds."""
        deadline = time.monotonic() + seconds
        seen = None
        while time.monotonic() < deadline:
            seen = self.look() or seen
            if seen and until(seen):
                return seen
            time.sleep(pause)
        raise AssertionError(f"It did not come there in {seconds} s: {seen}")

    def close(self) -> None:  # noqa: B027 - few have anything to let go of
        """Let go of what looking takes."""


class RunEye(Eye):
    """Looks at one run, through restarts of the database."""

    def __init__(self, place: Place, run_id: int) -> None:
        self._place, self._run = place, run_id
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def look(self) -> Standing | None:
        """Return where the run is, None while the database is gone."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._place.connect()
            values = {"class": CLASS, "run": self._run}
            row = self._connection.execute(_STANDING, values).fetchone()
        except psycopg.Error:
            self.close()
            return None
        assert row
        return Standing(row["state"], row["mark"], row["held"], row["error"])

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class FoldEye(Eye):
    """Looks at the projection, which somebody folds: the lock that he holds, the base that is."""

    def __init__(self, projection: Path) -> None:
        self._folder = projection
        self._before = self._base()

    def look(self) -> Standing:
        """Return whether it is being folded, or has been."""
        held = self._held()
        folded = self._base() != self._before
        return Standing("done" if folded else "running", "", held and not folded, None)

    def _base(self) -> str | None:
        known = manifest.load(self._folder)
        return known.base.name if known else None

    def _held(self) -> bool:
        """Tell whether somebody holds the lock, without asking for it."""
        try:
            inode = (self._folder / compaction.FOLDING).stat().st_ino
        except FileNotFoundError:
            return False
        locks = Path("/proc/locks").read_text("ascii").splitlines()
        return any(f":{inode} " in line and "->" not in line for line in locks)


class Watcher(ABC):
    """Does something again and again in a thread; keeps what was wrong.

    Big files take long to read: it rests `REST` times as long as it looked, and leaves the machine
    to those that it watches.
    """

    REST: ClassVar[float] = 5.0

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self.wrong: list[str] = []
        self.paused = threading.Lock()

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        self._thread.join(30)

    @abstractmethod
    def look(self) -> None:
        """Look once."""

    def _loop(self) -> None:
        pause = self._pause
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                with self.paused:
                    self.look()
            except psycopg.Error:
                continue  # the database has been killed just now
            except Exception as error:  # noqa: BLE001 - told at the end
                self.wrong.append(f"{type(self).__name__}: {type(error).__name__}: {error}")
            pause = max(self._pause, self.REST * (time.monotonic() - began))


@dataclass
class _Seen:
    since: dict[int, float] = field(default_factory=dict)
    longest: float = 0.0


class StuckRuns(Watcher):
    """Measures how long a run is shown as running though nobody is at it."""

    def __init__(self, place: Place) -> None:
        super().__init__(0.2)
        self._place = place
        self._seen = _Seen()

    @property
    def longest(self) -> float:
        """Return the longest time in seconds."""
        return round(self._seen.longest, 1)

    def look(self) -> None:
        """Look at all runs."""
        now = time.monotonic()
        stuck = {row["id"] for row in self._place.query(_STUCK, **{"class": CLASS})}
        self._seen.since = {run: self._seen.since.get(run, now) for run in stuck}
        waits = [now - began for began in self._seen.since.values()]
        self._seen.longest = max([self._seen.longest, *waits])


class Readers(Watcher):
    """Reads what feeds' pointers name: always whole files, never an older publication."""

    def __init__(self, feeds: Path) -> None:
        super().__init__(0.05)
        self._feeds = feeds
        self._newest: dict[str, int] = {}
        self.reads = 0

    def look(self) -> None:
        """Read every feed once."""
        for feed in self._feeds.iterdir() if self._feeds.exists() else ():
            for pointer in (CURRENT, DELTA):
                if (feed / pointer).is_symlink():
                    self._read(feed / pointer)

    def _read(self, pointer: Path) -> None:
        folder = pointer.resolve()
        try:
            told_of = orjson.loads((folder / MANIFEST).read_bytes())
            for name, told in told_of["files"].items():
                content = (folder / name).read_bytes()
                whole = hashlib.sha256(content).hexdigest() == told["sha256"]
                assert whole, f"{folder / name} is not what its manifest says"
        except FileNotFoundError:
            assert pointer.resolve() != folder, f"{folder} is named and not there"
            return
        number = told_of["publication"]
        known = self._newest.get(str(pointer), 0)
        assert number >= known, f"{pointer} went back from {known} to {number}"
        self._newest[str(pointer)] = number
        self.reads += 1

    def forget(self) -> None:
        """Say that the feeds' folder is brought back on purpose."""
        self._newest.clear()


def leftovers(place: Place) -> list[str]:
    """Return files that nobody needs: drafts of killed writers, segments that nobody names."""
    home = place.home
    found = [path for path in home.rglob("*") if _is_draft(path)]
    found += _unnamed_segments(home / "projection")
    found += [
        folder for folder in home.glob("feeds/*/publications/*") if not (folder / MANIFEST).exists()
    ]
    return sorted(str(path.relative_to(home)) for path in found)


def _is_draft(path: Path) -> bool:
    if "postgres" in path.parts or "uploads" in path.parts:
        return False
    hidden = path.name.startswith(".") and path.name not in LOCKS
    return hidden or path.name.endswith((".new", ".part", ".tmp"))


def _unnamed_segments(projection: Path) -> list[Path]:
    manifests = sorted(projection.glob("manifests/*.json"))
    named = {
        segment["name"]
        for path in manifests
        for segment in orjson.loads(path.read_bytes())["segments"]
    }
    extra = [path for path in projection.glob("segments/*") if path.name not in named]
    return [*extra, *(manifests[:-1])]  # nobody reads any more, so nobody holds an older one


def leases(projection: Path) -> int:
    """Return how many manifests somebody holds."""
    held = 0
    for path in projection.glob("manifests/*.json"):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held += 1
    return held
