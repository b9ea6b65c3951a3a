"""The peak memory of a process and all below it, sampled so seldom that it does not disturb.

Proportional shares (Linux' PSS): a page that several processes map is divided among them, so the
sum over processes is what they take together. Reading it locks the process' map for a moment;
between two samples lie at least forty times what a sample takes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
import psycopg

from tests.bench.rows import Memory

QUIET: Final = 40
SHORTEST: Final = 0.1


class Watch:
    """Watches a process with all below it, and a PostgreSQL, until `stop`."""

    def __init__(self, process: int, postgres: int | None) -> None:
        self._process = process
        self._postgres = postgres
        self._peaks: dict[int, int] = {}
        self._sum = self._anonymous = self._database = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> Memory:
        """Stop watching and return the peaks."""
        self._over.set()
        self._thread.join()
        return Memory(
            peak=_mb(self._sum),
            anonymous=_mb(self._anonymous),
            processes=[_mb(each) for each in sorted(self._peaks.values(), reverse=True)],
            postgres=_mb(self._database),
        )

    def _watch(self) -> None:
        database = Paced(self._sample_database)
        processes = Paced(self._sample)
        while not self._over.wait(min(database.wait(), processes.wait())):
            pass

    def _sample(self) -> None:
        found = {pid: share(pid) for pid in family(self._process)}
        for pid, (whole, _) in found.items():
            self._peaks[pid] = max(self._peaks.get(pid, 0), whole)
        self._sum = max(self._sum, sum(whole for whole, _ in found.values()))
        self._anonymous = max(self._anonymous, sum(own for _, own in found.values()))

    def _sample_database(self) -> None:
        if self._postgres:
            database = sum(share(pid)[0] for pid in family(self._postgres))
            self._database = max(self._database, database)


class Paced:
    """Takes a sample whenever enough time has gone by since the last, by what that one took.

    Looking at PostgreSQL's shared buffers takes long; the processes of a short step are looked at
    often all the same.
    """

    def __init__(self, sample: Callable[[], None]) -> None:
        self._sample = sample
        self._next = time.perf_counter()

    def wait(self) -> float:
        """Take a sample if it is time; return the seconds until the next, never negative."""
        began = time.perf_counter()
        if began >= self._next:
            self._sample()
            ended = time.perf_counter()
            self._next = ended + max(SHORTEST, QUIET * (ended - began))
        return max(0.0, self._next - time.perf_counter())


def family(process: int) -> Iterable[int]:
    """Return the numbers of a process and of all below it; none once it has ended."""
    with suppress(psutil.NoSuchProcess):
        here = psutil.Process(process)
        return [process, *(child.pid for child in here.children(recursive=True))]
    return []


def share(process: int) -> tuple[int, int]:
    """Return a process' proportional share in bytes, and what of it belongs to no file."""
    with suppress(OSError, ValueError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()[1:]
        sizes = {name: int(size.split()[0]) for name, _, size in (x.partition(":") for x in lines)}
        return sizes["Pss"] * 1024, sizes.get("Pss_Anon", sizes["Anonymous"]) * 1024
    return 0, 0


def postmaster(url: str) -> int | None:
    """Return the number of the first process of a PostgreSQL on this machine."""
    plain = url.replace("+psycopg", "", 1)
    with suppress(psutil.NoSuchProcess), psycopg.connect(plain) as connection:
        return psutil.Process(connection.info.backend_pid).ppid()
    return None


def _mb(size: int) -> int:
    return round(size / 1e6)
