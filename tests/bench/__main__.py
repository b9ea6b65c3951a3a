"""Measure the main paths against their budgets: `make bench SIZE=700000 FEEDS=41`.

A generated catalogue goes the whole way in a home of its own, on the embedded server as users
have it (fsync on). Every step is a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pim.db.embedded import EmbeddedServer, remove_cluster
from tests.bench.place import Place
from tests.bench.rows import HEADER, Measured, Row, line, row
from tests.bench.steps import STEPS, clear

OUTPUT = Path("bench/latest.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything, print it, and write it to bench/latest.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--feeds", type=int, required=True)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    wanted = parser.parse_args(arguments)
    scratch = Path(tempfile.mkdtemp(prefix="polka-bench-"))
    scratch.chmod(0o755)
    home = scratch / "home"
    os.environ |= {"PIM_HOME": str(home)}
    try:
        with EmbeddedServer(home):
            rows = measure(Place(scratch, wanted.size, wanted.feeds))
    finally:
        remove_cluster(home)
        shutil.rmtree(scratch, ignore_errors=True)
    document = {"size": wanted.size, "feeds": wanted.feeds, "rows": [asdict(r) for r in rows]}
    wanted.out.parent.mkdir(exist_ok=True, parents=True)
    wanted.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def measure(place: Place) -> list[Row]:
    """Run all steps and return their rows, printed as they come."""
    _say(HEADER)
    rows = []
    for name, (_, budget) in STEPS.items():
        peak_mb = _run(name, place)
        rows.append(row(name, Measured(**place.recall("measured")), budget, peak_mb=peak_mb))
        _say(line(rows[-1]))
        clear(place)
    return rows


def _run(name: str, place: Place) -> int:
    """Run a step in a process of its own; return its peak memory in MB."""
    arguments = (name, str(place.scratch), str(place.size), str(place.feeds))
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.child", *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f'The step "{name}" ended with {process.returncode}.')
    return usage.ru_maxrss // 1024


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of a command


if __name__ == "__main__":
    main()
