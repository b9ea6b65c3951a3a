"""Do the next piece of work in a thread while somebody deals with the present one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def one_ahead(
    items: Iterable[Item], job: Callable[[Item], Callable[[], Made]]
) -> Iterator[tuple[Item, Made]]:
    """Yield each item with what its job made, one more being made meanwhile.

    `job` is called here and returns what the thread shall call. No more than two results exist at
    a time.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        waiting: tuple[Item, Future[Made]] | None = None
        for item in items:
            begun = (item, thread.submit(job(item)))
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = begun
        if waiting:
            yield waiting[0], waiting[1].result()
