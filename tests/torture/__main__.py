"""Kill everything at many moments of every operation: `make torture SIZE=100000 MOMENTS=20`.

Every operation runs once undisturbed; then the worker and the command that carry it out, and
PostgreSQL, are killed at moments spread over its length, and web processes all the while. It is
resumed each time, and its end compared with the undisturbed one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.torture.operations import OPERATIONS
from tests.torture.place import Place
from tests.torture.report import OUTPUT, Report
from tests.torture.torture import HEADER, VICTIMS, Torture

NAMES = [operation.name for operation in OPERATIONS]


def main(arguments: Sequence[str] | None = None) -> None:
    """Torture, print the table, write the report; exit code 1 if anything was not equal."""
    wanted = _arguments(arguments)
    scratch = Path(tempfile.mkdtemp(prefix="polka-torture-"))
    scratch.chmod(0o755)
    place = Place(scratch)
    report = Report(wanted.out)
    began = time.monotonic()
    _say(HEADER)
    try:
        torture = Torture(
            place, wanted.size, wanted.moments, seed=wanted.seed, say=_say, keep=report.keep
        )
        rows = torture.run(wanted.only, wanted.victim)
    finally:
        place.remove()
    kills = sum(row.moments + row.web_kills for row in rows)
    _say(f"{kills} kills in {round(time.monotonic() - began)} s")
    sys.exit(0 if all(row.equal for row in rows) else 1)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], choices=NAMES)
    parser.add_argument("--victim", action="append", default=[], choices=list(VICTIMS))
    parser.add_argument("--out", type=Path, default=OUTPUT)
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of a command


if __name__ == "__main__":
    main()
