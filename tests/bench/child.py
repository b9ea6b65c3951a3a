"""Run one step in a process of its own: `python -m tests.bench.child STEP SCRATCH SIZE FEEDS`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.place import Place
from tests.bench.steps import STEPS, shown


def main() -> None:
    """Run the step and leave what it took in SCRATCH/measured.json."""
    name, scratch, size, feeds = sys.argv[1:]
    place = Place(Path(scratch), int(size), int(feeds))
    step, _ = STEPS[name]
    place.remember("measured", shown(step(place)))


if __name__ == "__main__":
    main()
