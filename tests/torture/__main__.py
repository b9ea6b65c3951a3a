"""Kill everything at many moments of every operation: `make torture SIZE=100000 MOMENTS=20`.

Every operation runs once undisturbed; then the worker and the command that carry it out, and
PostgreSQL, are killed at moments spread over its length, and web processes all the while. It is
resumed each time, and its end compared with the undisturbed one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.torture.place import Place
from tests.torture.torture import HEADER, Torture

OUTPUT = Path("bench/torture.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Torture, print the table, write the report; exit code 1 if anything was not equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="an operation, such as import")
    parser.add_argument("--out", type=Path, default=OUTPUT)
    wanted = parser.parse_args(arguments)
    scratch = Path(tempfile.mkdtemp(prefix="polka-torture-"))
    scratch.chmod(0o755)
    place = Place(scratch)
    began = time.monotonic()
    _say(HEADER)
    try:
        torture = Torture(place, wanted.size, wanted.moments, seed=wanted.seed, say=_say)
        rows = torture.run(wanted.only)
    finally:
        place.remove()
    seconds = round(time.monotonic() - began)
    _say(f"{sum(row.moments + row.web_kills for row in rows)} kills in {seconds} s")
    document = {
        "size": wanted.size,
        "moments": wanted.moments,
        "seed": wanted.seed,
        "seconds": seconds,
        "rows": [row.document() for row in rows],
    }
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    sys.exit(0 if all(row.equal for row in rows) else 1)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of a command


if __name__ == "__main__":
    main()
