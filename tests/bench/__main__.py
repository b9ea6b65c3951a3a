"""Measure the main paths against their budgets: `make bench SIZE=700000 FEEDS=41`.

Every step is the command that a person would run, in a process of its own, on a home of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from pim.db.embedded import remove_cluster
from pim.demo.feeds import feed_documents
from tests.bench import catalogue

EVERYTHING = json.dumps({"field": "sku", "operator": "NOT EMPTY"})
OUTPUT = Path("bench/latest.json")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement: `rate` and `limit` (the budget) in things per second, `peak_mb` memory."""

    name: str
    count: int
    seconds: float
    rate: float
    peak_mb: int
    limit: float
    ratio: float
    budget: str
    met: bool


class Bench:
    """Runs `pim` and keeps what it took."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rows: list[Row] = []

    def measure(self, name: str, count: int, *arguments: str, limit: float, budget: str) -> Any:
        """Run a command, note its row, return its answer; `count` 0 takes it from the answer."""
        answer, seconds, peak = self.run(*arguments)
        count = count or _items(answer)
        rate = count / seconds
        self.rows.append(
            Row(
                name=name,
                count=count,
                seconds=round(seconds, 2),
                rate=round(rate),
                peak_mb=peak,
                limit=limit,
                ratio=round(rate / limit, 2),
                budget=budget,
                met=rate >= limit,
            )
        )
        _show(self.rows[-1])
        return answer

    def run(self, *arguments: str) -> tuple[Any, float, int]:
        """Return a command's answer, its seconds and its peak memory in MB."""
        pim = Path(sys.executable).with_name("pim")
        environment = {**os.environ, "PIM_HOME": str(self.home)}
        began = time.perf_counter()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen([pim, *arguments, "--json"], stdout=output, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode()
        if process.returncode > 1:
            sys.exit(f"pim {' '.join(arguments)} ended with {process.returncode}: {text}")
        return json.loads(text), seconds, usage.ru_maxrss // 1024


def main() -> None:
    """Measure everything, print it, and write it to bench/latest.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--feeds", type=int, required=True)
    wanted = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="polka-bench-"))
    scratch.chmod(0o755)
    try:
        bench = Bench(scratch / "home")
        size = catalogue.write(scratch / "files", size=wanted.size)
        _measure_all(bench, scratch, size, wanted.feeds)
    finally:
        remove_cluster(scratch / "home")
        shutil.rmtree(scratch, ignore_errors=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    rows = [asdict(row) for row in bench.rows]
    OUTPUT.write_text(json.dumps({"size": size, "feeds": wanted.feeds, "rows": rows}, indent=1))


def _measure_all(bench: Bench, scratch: Path, size: int, feeds: int) -> None:
    bench.run("db", "upgrade")
    files = str(scratch / "files")
    bench.measure("import", size, "import", files, limit=10_000, budget="10,000 products/s")
    bench.measure("import again", size, "import", files, limit=10_000, budget="10,000 products/s")
    for path in _feed_files(scratch, feeds):
        bench.run("feed", "apply", str(path))
    publish = ("feed", "publish", "--all")
    rate = 700_000 * 41 / 240
    bench.measure("publish whole", 0, *publish, limit=rate, budget="41 x 700,000 in 4 minutes")
    change = ("bulk", "--where", EVERYTHING, "--do", _raised("stock_quantity"))
    changed = bench.measure("bulk edit", size, *change, limit=20_000, budget="20,000 products/s")
    undo = ("undo", str(changed["change_set"]))
    bench.measure("undo", size, *undo, limit=20_000, budget="20,000 products/s")
    bench.run(*publish)
    few = json.dumps({"field": "sku", "operator": "STARTS WITH", "value": "AC-1"})
    bench.run("bulk", "--where", few, "--do", _raised("stock_quantity"))
    delta = (*publish, "--delta")
    bench.measure("publish deltas", feeds, *delta, limit=feeds / 5, budget="all feeds in 5 s")


def _feed_files(scratch: Path, count: int) -> Iterator[Path]:
    """Yield documents of so many feeds: the demo's, again and again."""
    for number, document in enumerate(islice(cycle(feed_documents()), count)):
        path = scratch / f"feed-{number}.json"
        path.write_text(json.dumps({**document, "code": f"bench_{number}", "guards": {}}))
        yield path


def _raised(field: str) -> str:
    return json.dumps([{"type": "calculate", "field": field, "add": 1}])


def _items(answer: list[dict[str, Any]]) -> int:
    return sum(each["items"] for each in answer)


def _show(row: Row) -> None:
    verdict = "met" if row.met else "MISSED"
    print(  # noqa: T201 - the output of a command
        f"{row.name:15} {row.count:>12,} {row.seconds:>9,.2f} s {row.rate:>11,.0f}/s "
        f"{row.peak_mb:>7,} MB {row.ratio:>6.2f} x budget ({row.budget}) {verdict}",
        flush=True,
    )


if __name__ == "__main__":
    main()
