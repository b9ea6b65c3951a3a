"""Run a part of one step: `python -m tests.bench.child prepare|measure|ends STEP SCRATCH ...`.

Processes that the step starts import this file again, so it imports nothing before `main`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Carry the part out and leave what it found in SCRATCH/<part>.json."""
    from dataclasses import asdict  # noqa: PLC0415 - see above
    from pathlib import Path  # noqa: PLC0415

    from tests.bench.place import Place  # noqa: PLC0415
    from tests.bench.steps import STEPS  # noqa: PLC0415

    part, name, scratch, size, feeds = sys.argv[1:]
    place = Place(Path(scratch), int(size), int(feeds))
    found = getattr(STEPS[name], part)(place)
    place.remember(part, found and asdict(found))


if __name__ == "__main__":
    main()
