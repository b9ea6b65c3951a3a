"""Work beside the work goes on after failures."""

from __future__ import annotations

import threading

from pim.db.repeating import Repeating


def test_what_fails_is_called_again() -> None:
    calls: list[int] = []
    done = threading.Event()

    def act() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError
        done.set()

    with Repeating("Trying", 0.01, act):
        assert done.wait(5)


def test_it_stops_when_it_is_left() -> None:
    with Repeating("Waiting", 60, lambda: None) as repeating:
        pass

    assert not repeating._thread.is_alive()
