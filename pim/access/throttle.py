"""Slow down whoever guesses passwords, without locking anybody out for good."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

#: Failures within the window after which an address has to wait for the oldest to pass.
ATTEMPTS = 5
WINDOW = 300.0
KEPT = 10_000


class Throttle:
    """Counts failures per key (address and e-mail) in this process, for a limited time.

    Each process counts for itself, so with n processes a guesser gets n times the attempts.
    """

    def __init__(
        self,
        *,
        attempts: int = ATTEMPTS,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempts, self._window, self._clock = attempts, window, clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Return the seconds until another attempt is welcome, 0 if it is now."""
        with self._lock:
            failures = self._recent(key)
            if len(failures) < self._attempts:
                return 0.0
            return failures[-self._attempts] + self._window - self._clock()

    def failed(self, key: str) -> None:
        """Count a failure."""
        with self._lock:
            self._recent(key).append(self._clock())
            while len(self._failures) > KEPT:
                self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the failures of a key that has succeeded."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.setdefault(key, deque(maxlen=self._attempts))
        self._failures.move_to_end(key)
        while failures and failures[0] <= self._clock() - self._window:
            failures.popleft()
        return failures
