"""Measure the main paths against their budgets: `make bench SIZE=700000 FEEDS=41`.

A generated catalogue goes the whole way in a home of its own, on the embedded server as users
have it (fsync on); before that, one of a tenth of the size does, so that growth is seen. Ends
with 0 if all budgets were kept, 1 if one was missed, 3 if a step failed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pim.db.embedded import remove_cluster
from tests.bench.machine import facts
from tests.bench.place import Place
from tests.bench.rows import HEADER, Row, line
from tests.bench.run import home_of, run
from tests.bench.sizes import sizes
from tests.bench.steps import STEPS

OUTPUT: Final = Path("bench/latest.json")
PARTLY: Final = Path("bench/partly.json")

#: Bytes that an item takes in a feed, and a product in the database, generously.
PER_ITEM: Final = 1_000
PER_PRODUCT: Final = 25_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a row as soon as it is there, write the JSON; return the exit code."""
    wanted = _parser().parse_args(arguments)
    names = _chosen(wanted.only)
    scratch = wanted.home or Path(tempfile.mkdtemp(prefix="polka-bench-"))
    scratch.mkdir(parents=True, exist_ok=True)
    place = Place(scratch.absolute(), wanted.size, wanted.feeds)
    _refuse_a_full_disk(place)
    growing = not (wanted.only or wanted.no_tenth)
    try:
        document = measure(place, names, growing=growing)
    finally:
        if not (wanted.home or wanted.keep):
            _remove(place)
    if wanted.keep and not wanted.home:
        _say(f"Kept: {scratch}")
    out = wanted.out or (PARTLY if wanted.only else OUTPUT)
    out.parent.mkdir(exist_ok=True, parents=True)
    out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return _code(document["rows"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--size", type=int, required=True, help="how many products")
    parser.add_argument("--feeds", type=int, required=True, help="how many feeds")
    parser.add_argument("--out", type=Path, help=f"the JSON to write (default: {OUTPUT})")
    parser.add_argument("--home", type=Path, help="work in this folder, and leave it there")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder there")
    parser.add_argument("--no-tenth", action="store_true", help="do not measure growth")
    parser.add_argument(
        "--only",
        action="append",
        metavar="TEXT",
        help="only steps whose name holds this, on a home that was kept (may be repeated)",
    )
    return parser


def _chosen(only: Sequence[str] | None) -> list[str]:
    chosen = [name for name in STEPS if not only or any(text in name for text in only)]
    return chosen or sys.exit(f"No step is called so. There are: {', '.join(STEPS)}")


def measure(place: Place, names: Sequence[str], *, growing: bool) -> dict[str, Any]:
    """Run the steps, at a tenth of the size first if growth is asked for."""
    began = datetime.now(UTC)
    machine = facts(place.scratch)
    small = _at_a_tenth(place, names) if growing else []
    _say(f"\n{place.size:,} products, {place.feeds} feeds\n{HEADER}")
    rows = run(place, names, lambda row: _say(line(row)), tenth={row.name: row for row in small})
    with home_of(place):
        found = sizes(place)
    return {
        "size": place.size,
        "feeds": place.feeds,
        "at": began.isoformat(timespec="minutes"),
        "minutes": round((datetime.now(UTC) - began).total_seconds() / 60, 1),
        "machine": machine,
        "sizes": found,
        "rows": [asdict(row) for row in rows],
        "tenth": {"size": place.size // 10, "rows": [asdict(row) for row in small]},
    }


def _at_a_tenth(place: Place, names: Sequence[str]) -> list[Row]:
    tenth = Place(place.scratch / "tenth", place.size // 10, place.feeds)
    _say(f"{tenth.size:,} products, {tenth.feeds} feeds\n{HEADER}")
    try:
        again = [name for name in names if not STEPS[name].once]
        return run(tenth, again, lambda row: _say(line(row)))
    finally:
        _remove(tenth)


def _remove(place: Place) -> None:
    remove_cluster(place.home)
    shutil.rmtree(place.scratch, ignore_errors=True)


def _refuse_a_full_disk(place: Place) -> None:
    """End before a run that would fill the disk."""
    needed = place.size * (place.feeds * PER_ITEM + PER_PRODUCT)
    free = shutil.disk_usage(place.scratch).free
    if free < needed:
        sys.exit(f"{needed / 1e9:.0f} GB are needed, {free / 1e9:.0f} GB are free.")


def _code(rows: Sequence[dict[str, Any]]) -> int:
    if any(row["error"] for row in rows):
        return 3
    return 1 if any(row["met"] is False for row in rows) else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of a command


if __name__ == "__main__":
    sys.exit(main())
