"""Lists and completeness: what somebody waits for who looks at the catalogue."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import quantiles
from typing import Final

from pim.web.server import POLARS, PROCESSES, polars_threads
from tests.bench.by_row import filter_by_row
from tests.bench.catalogue import write_other_stock
from tests.bench.edits import refresh
from tests.bench.place import Place
from tests.bench.questions import SETS
from tests.bench.rows import Budget, Ends, Measured
from tests.bench.step import Step, within

#: Readers at once: ten, but two in a trial with a few products.
READERS: Final = 10
FEW: Final = 2
TRIAL: Final = 2_000
EACH: Final = 12  # answers to each question of a single reader

#: Seconds for which readers ask at their leisure: enough at full size, few in a trial.
LONGEST: Final = 10
SHORTEST: Final = 2
#: Rows of the import that runs while others read, at full size.
IMPORTED: Final = 400_000

_LIST: Final = within(0.1, "p95 < 100 ms")
_CHECKS: Final = Budget(text="700,000 x 105 in 5 s", rate=700_000 * 105 / 5)


def _complete(place: Place) -> Measured:
    """Compute the completeness of every product in every channel and locale."""
    with place.projection() as projection, projection.read() as reading:
        pairs = [(c.code, each) for c in reading.structure.channels for each in c.locales]
        began = time.perf_counter()
        for channel, locale in pairs:
            reading.completeness(channel, locale)
        seconds = time.perf_counter() - began
    foreseen = f"105 would take {seconds * 105 / len(pairs):.1f} s"
    note = f"{len(pairs)} pairs of channel and locale; {foreseen}"
    return Measured(count=place.size * len(pairs), seconds=seconds, note=note)


def _alone(name: str) -> Callable[[Place], Measured]:
    """Return what lets one reader ask everything of a set, several times."""

    def measure(place: Place) -> Measured:
        return _asked(place, name, readers=1, answers=EACH * len(SETS[name]()))

    return measure


def _together(place: Place) -> Measured:
    """Let ten readers ask at once, without any pause between their pages."""
    return _asked(place, "mixed", readers=_readers(place), answers=40)


def _unhurried(place: Place) -> Measured:
    """Let ten readers ask for a page a second each."""
    return _asked(place, "mixed", readers=_readers(place), answers=_seconds(place), pause=1)


def _alone_beside_import(place: Place) -> Measured:
    """Let one reader ask for five pages a second while an import writes."""
    with _importing(place, "beside_1.csv") as beside:
        found = _asked(
            place, "mixed", readers=1, answers=5 * _seconds(place), pause=0.2, ready=beside
        )
        return _told(found, beside)


def _together_beside_import(place: Place) -> Measured:
    """Let ten readers ask for a page a second each while an import writes."""
    with _importing(place, "beside_2.csv") as beside:
        found = _asked(
            place, "mixed", readers=_readers(place), answers=_seconds(place), pause=1, ready=beside
        )
        return _told(found, beside)


def _readers(place: Place) -> int:
    return READERS if place.size > TRIAL else FEW


def _seconds(place: Place) -> int:
    return min(LONGEST, max(SHORTEST, place.size // 10_000))


class _Import:
    """An import in a process of its own, begun when readers are ready."""

    def __init__(self, place: Place, name: str) -> None:
        self._path = str(place.made(name))
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> None:
        """Begin, and give it time to read its file."""
        command = "from pim.cli.main import main; main()"
        arguments = ["import", self._path, "--entity", "product", "--json"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", command, *arguments], stdout=subprocess.DEVNULL
        )
        time.sleep(1)

    def runs(self) -> bool:
        """Tell whether it is still at work."""
        return self._process is not None and self._process.poll() is None

    def finish(self) -> None:
        """Wait for its end; RuntimeError if that was bad."""
        if self._process and self._process.wait():
            raise RuntimeError(f"The import beside ended with {self._process.returncode}")


@contextlib.contextmanager
def _importing(place: Place, name: str) -> Iterator[_Import]:
    beside = _Import(place, name)
    try:
        yield beside
    finally:
        beside.finish()


def _told(measured: Measured, beside: _Import) -> Measured:
    state = "the import ran on" if beside.runs() else "the import ended before"
    return Measured(**{**measured.__dict__, "note": f"{measured.note}, {state}"})


def _asked(
    place: Place,
    name: str,
    *,
    readers: int,
    answers: int,
    pause: float = 0,
    ready: Callable[[], None] = lambda: None,
) -> Measured:
    """Let readers ask, each in its process; `seconds` is the 95th percentile of one answer."""
    arguments = [name, str(answers), str(pause)]
    started = [_reader([*arguments, str(number)]) for number in range(readers)]
    for process in started:
        assert process.stdout
        process.stdout.readline()
    ready()
    began = time.perf_counter()
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [answer for process in started for answer in _told_by(process)]
    return percentiles(found, time.perf_counter() - began)


def _told_by(process: subprocess.Popen[str]) -> list[tuple[str, float]]:
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"A reader ended with {process.returncode}")
    return [(kind, seconds) for kind, seconds in json.loads(told)]


def _reader(arguments: Sequence[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.reader", *arguments]
    environment = {**os.environ, POLARS: polars_threads(PROCESSES)}  # as pages have it
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def percentiles(found: Sequence[tuple[str, float]], wall: float) -> Measured:
    """Return the spread of answers, over all and by their kinds, asked in `wall` seconds."""
    taken = [seconds for _, seconds in found]
    kinds: dict[str, list[float]] = {}
    for kind, seconds in found:
        kinds.setdefault(kind, []).append(seconds)
    details = {kind: _spread(times) for kind, times in kinds.items()}
    slowest = max(details, key=lambda kind: details[kind]["p95_ms"])
    all_of_them = _spread(taken)
    note = (
        f"p50 {all_of_them['p50_ms']:.1f} ms, worst {max(taken) * 1000:.0f} ms, "
        f"slowest kind: {slowest}, p95 {details[slowest]['p95_ms']:.0f} ms"
    )
    seconds = all_of_them["p95_ms"] / 1000
    return Measured(
        count=len(taken), seconds=seconds, rate=len(taken) / wall, note=note, details=details
    )


def _spread(times: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else [times[0]] * 19
    return {"p50_ms": round(cuts[9] * 1000, 2), "p95_ms": round(cuts[18] * 1000, 2)}


def _beside(name: str, more: int) -> Callable[[Place], None]:
    """Return what writes a file that changes the stock of many products."""

    def prepare(place: Place) -> None:
        refresh(place)
        write_other_stock(place, name, place.share(IMPORTED), more)

    return prepare


def _by_row(place: Place) -> Ends:
    """Compare with plain Python that looks at each document."""
    return Ends(by_row=filter_by_row(place))


STEPS: Final = {
    "completeness of all": Step(prepare=refresh, measure=_complete, budget=_CHECKS),
    "list: every filter, p95": Step(measure=_alone("filters"), ends=_by_row, budget=_LIST),
    "list: every order, p95": Step(measure=_alone("sorts"), budget=_LIST),
    "list: text, p95": Step(measure=_alone("texts"), budget=_LIST),
    "list: deep page, p95": Step(measure=_alone("deep_pages"), budget=_LIST),
    "list: family and category counts, p95": Step(
        measure=_alone("trees"), budget=within(0.3, "page < 300 ms")
    ),
    "list: 10 readers without a pause, p95": Step(measure=_together, budget=_LIST),
    "list: 10 readers, a page a second each, p95": Step(
        measure=_unhurried, once=True, budget=_LIST
    ),
    "list: 1 reader while an import runs, p95": Step(
        prepare=_beside("beside_1.csv", 3_000),
        measure=_alone_beside_import,
        once=True,
        budget=_LIST,
    ),
    "list: 10 readers while an import runs, p95": Step(
        prepare=_beside("beside_2.csv", 4_000),
        measure=_together_beside_import,
        once=True,
        budget=_LIST,
    ),
}
