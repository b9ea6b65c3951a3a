"""How often a run is tried: without end while it comes further, a few times where it does not."""

from __future__ import annotations

import hashlib
from typing import Final

import orjson
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from pim.db.queue import TRIES
from pim.db.runs import Run
from pim.errors import Retryable

#: So often a run is begun without coming further: it may be what kills its workers.
MOST: Final = 6
LONGEST_WAIT: Final = 30

GAVE_UP: Final = (
    "It was begun {most} times without coming further, and its process ended each time. "
    "What was committed stays. Look into the worker's log before you resume it."
)


class Again(Retryable):
    """Ask the queue to try a job again after some seconds."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class Strategy(BaseRetryStrategy):
    """Tries again what asks for it, after the seconds that it names."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again, None for never."""
        if isinstance(exception, Again):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        return None


def count(run: Run) -> int:
    """Note on a run that it begins once more; return how often it has from where it stands."""
    position = {name: value for name, value in run.parameters.items() if name != TRIES}
    text = orjson.dumps(position, option=orjson.OPT_SORT_KEYS)
    at = hashlib.md5(text, usedforsecurity=False).hexdigest()
    known = run.parameters.get(TRIES) or {}
    times = known["count"] + 1 if known.get("at") == at else 1
    run.parameters = {**position, TRIES: {"count": times, "at": at}}
    return times


def wait_after(run: Run) -> int:
    """Return the seconds before the next try: 1, 2, 4 and so on."""
    times = (run.parameters.get(TRIES) or {}).get("count", 1)
    return int(min(2 ** (times - 1), LONGEST_WAIT))
