"""Publish several feeds: side by side in processes of their own when that is worth their start.

Each process takes the next feed that waits, maps the same files of the projection into memory and
has its own connection. The projection is refreshed once, so all feeds show the same catalogue.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from channels.feeds.service import find_feed
from channels.publication.publish import PublishOptions
from channels.publication.review import publications
from channels.publication.rounds import Round
from channels.publication.service import publish_feed
from pim import logs
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.errors import PimError
from pim.projection import Projection
from pim.settings import Settings

#: Items below which one process is done before a second one has started (1 to 2 seconds).
WORTHWHILE: Final = 200_000
#: Seconds that the feeds left may take in one process; deltas are rarely that much work.
PATIENCE: Final = 6.0
#: Seconds that the first feed may take for all: what has changed, what mappings and files hold.
WARMING: Final = 1.0
#: Memory that a process needs: at its start, and for each product of the catalogue; measured.
START: Final = 300 * 1024**2
PER_PRODUCT: Final = 3 * 1024
#: The part of the machine's memory that publications may fill together.
SHARE: Final = 0.6

#: The limit of memory of a container, where there is one (control groups, version 2).
CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")

DIED: Final = "The process that published it ended before it was done: killed, or out of memory."


@dataclass(frozen=True, kw_only=True)
class Done:
    """How one feed came out: its record's number, whatever its state; `error` if there is none."""

    feed: str
    publication: int | None = None
    error: str | None = None


def publish_several(
    engine: Engine,
    settings: Settings,
    projection: Projection,
    codes: Sequence[str],
    options: PublishOptions,
    *,
    processes: int | None = None,
) -> list[Done]:
    """Publish feeds, in as many processes as pay; return how each came out, in the same order.

    A feed that cannot be published does not stop the others. `processes` None: measured by the
    work, the cores and the memory there are.
    """
    manifest = projection.refresh()
    products = sum(segment.items for segment in manifest.segments)
    most = min(processes or crew(len(codes), products), len(codes))
    at_once = not options.delta and (processes or len(codes) * products >= WORTHWHILE)
    done: list[Done] = []
    if most <= 1 or not at_once:
        patience = PATIENCE if most > 1 else None
        done = _one_by_one(engine, settings, projection, codes, options, patience)
    rest = codes[len(done) :]
    return done + (_side_by_side(engine, settings, rest, options, most) if rest else [])


def _one_by_one(
    engine: Engine,
    settings: Settings,
    projection: Projection,
    codes: Sequence[str],
    options: PublishOptions,
    patience: float | None,
) -> list[Done]:
    """Publish in this process, as long as the others will not take longer than `patience`."""
    done: list[Done] = []
    shared, started = Round(), time.monotonic()
    for code in codes:
        done.append(_publish(engine, settings, projection, code, options, shared))
        each = (time.monotonic() - started - WARMING) / len(done)
        if patience is not None and each * (len(codes) - len(done)) > patience:
            break
    return done


def crew(feeds: int, products: int) -> int:
    """Return how many processes may publish so many feeds of so many products."""
    fitting = int(memory() * SHARE / (START + PER_PRODUCT * products))
    return max(1, min(feeds, cores(), fitting))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Return the bytes of memory of this machine, or of the container in which it runs."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        return min(machine, int(CONTAINER.read_text()))
    return machine


def _publish(
    engine: Engine,
    settings: Settings,
    projection: Projection,
    code: str,
    options: PublishOptions,
    shared: Round,
) -> Done:
    with unit_of_work(engine) as work:
        try:
            record = publish_feed(
                work, settings, projection, code, options, shared=shared, refresh=False
            )
        except PimError:  # it is noted on its record, and the other feeds go on
            record = publications(work.session, find_feed(work.session, code), limit=1)[0]
        return Done(feed=code, publication=record.id)


def _side_by_side(
    engine: Engine,
    settings: Settings,
    codes: Sequence[str],
    options: PublishOptions,
    processes: int,
) -> list[Done]:
    """Publish in processes; what a killed one has left is tried once more, one by one."""
    done = _in_processes(engine, settings, codes, options, processes)
    for code in codes:
        if code not in done:
            done |= _in_processes(engine, settings, [code], options, 1)
    return [done.get(code) or _given_up(engine, code) for code in codes]


def _given_up(engine: Engine, code: str) -> Done:
    """Note on the record of a publication that its process died."""
    with unit_of_work(engine) as work:
        record = next(
            iter(publications(work.session, find_feed(work.session, code), limit=1)), None
        )
        if record is None:
            return Done(feed=code, error=DIED)
        if record.state == "running":
            record.state, record.reasons = "failed", [DIED]
        return Done(feed=code, publication=record.id)


def _in_processes(
    engine: Engine, settings: Settings, codes: Sequence[str], options: PublishOptions, size: int
) -> dict[str, Done]:
    """Return what came out of feeds; those of a broken crew are missing."""
    url = engine.url.render_as_string(hide_password=False)
    with _threads(max(1, cores() // size)), _crew(size, settings, url) as pool:
        futures = {code: pool.submit(_publish_here, code, options) for code in codes}
        return {code: found for code, future in futures.items() if (found := _outcome(future))}


def _outcome(future: Future[Done]) -> Done | None:
    try:
        return future.result()
    except BrokenProcessPool:
        return None


@contextmanager
def _crew(size: int, settings: Settings, url: str) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(
        size,
        mp_context=multiprocessing.get_context("spawn"),  # Polars' threads do not survive a fork
        initializer=_start,
        initargs=(settings, url),
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let processes that start meanwhile have so many threads of Polars each."""
    name, before = "POLARS_MAX_THREADS", os.environ.get("POLARS_MAX_THREADS")
    os.environ[name] = before or str(number)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


@dataclass(frozen=True)
class _Here:
    """What a process of a crew keeps from feed to feed."""

    settings: Settings
    engine: Engine
    projection: Projection
    shared: Round


_here: list[_Here] = []


def _start(settings: Settings, url: str) -> None:
    """Make a process ready; it ends with its parent, however that ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Standard output is the command's, for its answer.
    logs.configure(logs.settings_of(service=False), secrets=[*settings.secrets, url])
    engine = create_engine(url, pool_size=4)
    projection = Projection.from_settings(settings, engine)
    _here.append(_Here(settings, engine, projection, Round()))


def _publish_here(code: str, options: PublishOptions) -> Done:
    here = _here[0]
    return _publish(here.engine, here.settings, here.projection, code, options, here.shared)


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
