"""One reader in a process of its own: `python -m tests.bench.reader SET ANSWERS PAUSE SCRATCH`.

It opens the projection, asks everything once, says "ready", waits for a line, and then asks in
turn; at the end it prints what each answer took.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import cycle, islice
from pathlib import Path

from tests.bench.place import Place
from tests.bench.questions import SETS


def main() -> None:
    """Ask `answers` questions, one every `pause` seconds (0: at once)."""
    name, answers, pause, start = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    place = Place(Path(), 0, 0)
    with place.projection() as projection, projection.read() as reading:
        asks = {kind: make(reading) for kind, make in SETS[name]().items()}
        for ask in asks.values():
            ask(reading)
        _say("ready")
        sys.stdin.readline()
        time.sleep(pause * int(start) / 10)  # people do not all begin at the same moment
        kinds = list(asks)
        turn = kinds[int(start) % len(kinds) :] + kinds[: int(start) % len(kinds)]
        found = []
        for kind in islice(cycle(turn), answers):
            began = time.perf_counter()
            asks[kind](reading)
            taken = time.perf_counter() - began
            found.append((kind, taken))
            time.sleep(max(0.0, pause - taken))
    _say(json.dumps(found))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - read by the process that started us


if __name__ == "__main__":
    main()
