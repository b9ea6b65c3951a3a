"""Call something again and again in a thread beside the work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Self

from pim.db.troubles import told
from pim.errors import PimError

logger = logging.getLogger(__name__)

#: After a failure the next call waits twice as long, up to this many times the usual wait.
MOST_WAITS = 16


class Repeating:
    """Call something every few seconds in a thread of its own, until stopped."""

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._name, self._seconds, self._action = name, seconds, action
        self._stop = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Start for as long as the process lives."""
        self._thread.start()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once a call that is under way has ended."""
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stop.wait(self._seconds * min(2**self._failures, MOST_WAITS)):
            try:
                self._action()
                self._failures = 0
            except Exception as error:  # noqa: BLE001 - it is logged, and tried again
                self._failures += 1
                self._tell(told(error))

    def _tell(self, error: BaseException) -> None:
        """Log a trouble that we know in one line, any other with its traceback."""
        unknown = None if isinstance(error, PimError) else error
        logger.warning("%s failed; it is tried again: %s", self._name, error, exc_info=unknown)
