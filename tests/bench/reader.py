"""One reader in a process of its own: `python -m tests.bench.reader SET ANSWERS PAUSE SCRATCH`.

It opens the projection, asks everything once, says "ready", waits for a line, and then asks in
turn; at the end it prints what each answer took. Every question is a new one: what the process
remembers of conditions, texts and counts is emptied before.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import cycle, islice
from pathlib import Path

from pim.projection import Reading
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
            _forget(reading)
            began = time.perf_counter()
            asks[kind](reading)
            taken = time.perf_counter() - began
            found.append((kind, taken))
            time.sleep(max(0.0, pause - taken))
    _say(json.dumps(found))


def _forget(reading: Reading) -> None:
    catalogue = reading._catalogue
    for piece in catalogue.pieces:
        piece.worked_out(reading.structure).pop("masks", None)
    for key in [key for key in catalogue.memory if key[0] == "counts"]:
        del catalogue.memory[key]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - read by the process that started us


if __name__ == "__main__":
    main()
