"""Run the steps at one size, each part of a step in a process of its own, and watch its memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pim.db.embedded import EmbeddedServer
from tests.bench.memory import Watch, postmaster
from tests.bench.place import Place
from tests.bench.rows import Ends, Measured, Memory, Row, beside, failed, row
from tests.bench.steps import STEPS

#: Seconds after which a part of a step is given up, at the least and per million items.
PATIENCE: Final = 300
PER_MILLION: Final = 60


@contextlib.contextmanager
def home_of(place: Place) -> Iterator[int | None]:
    """Run the database of a place; yield the number of its first process."""
    place.scratch.mkdir(parents=True, exist_ok=True)
    place.scratch.chmod(0o755)
    before = os.environ.get("PIM_HOME")
    os.environ["PIM_HOME"] = str(place.home)
    try:
        with EmbeddedServer(place.home) as url:
            yield postmaster(url)
    finally:
        os.environ["PIM_HOME"] = before or ""


def run(
    place: Place,
    names: Sequence[str],
    tell: Callable[[Row], None],
    *,
    tenth: Mapping[str, Row] | None = None,
) -> list[Row]:
    """Run steps by their names and return their rows, each told as soon as it is there.

    A step that fails gives a row that says so, and the others go on.
    """
    rows = []
    with home_of(place) as database:
        for name in names:
            rows.append(_row(name, place, database, (tenth or {}).get(name)))
            tell(rows[-1])
            shutil.rmtree(place.settings.runs, ignore_errors=True)
    return rows


def _row(name: str, place: Place, database: int | None, tenth: Row | None) -> Row:
    step = STEPS[name]
    try:
        if step.prepares:
            _part("prepare", name, place)
        memory = _part("measure", name, place, database)
        found = row(name, Measured(**place.recall("measure")), step.budget, memory=memory)
    except RuntimeError as error:
        return failed(name, step.budget, str(error))
    return beside(found, _ends(name, place), tenth if tenth and not tenth.error else None)


def _ends(name: str, place: Place) -> Ends:
    """Return what a step is compared to; a comparison that fails does not cost the step."""
    if not STEPS[name].compares:
        return Ends()
    try:
        _part("ends", name, place)
    except RuntimeError as error:
        print(f"{name}: nothing to compare with: {error}", file=sys.stderr)  # noqa: T201
        return Ends()
    return Ends(**place.recall("ends"))


def _part(part: str, name: str, place: Place, database: int | None = None) -> Memory:
    """Carry one part of a step out and return its memory; RuntimeError says how it failed."""
    arguments = (part, name, str(place.scratch), str(place.size), str(place.feeds))
    complaints = place.scratch / "complaints.txt"
    with complaints.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.child", *arguments],
            stderr=errors,
            start_new_session=True,
        )
        watch = Watch(process.pid, database) if part == "measure" else None
        try:
            code = process.wait(PATIENCE + PER_MILLION * place.size * place.feeds // 1_000_000)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            memory = watch.stop() if watch else Memory()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what a failed step may have left behind
            process.wait()
    if code:
        raise RuntimeError(_last_words(part, code, complaints.read_text("utf-8", "replace")))
    return memory


def _last_words(part: str, code: int, complaints: str) -> str:
    said = [line for line in complaints.splitlines() if line.strip()] or ["it said nothing"]
    how = "was given up" if code == -1 else f"ended with {code}"
    return f"{part} {how}: {said[-1][:300]}"
