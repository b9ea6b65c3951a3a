"""Keep what was worked out, up to a number of things."""

from __future__ import annotations

from typing import Any


def remember(memory: dict[Any, Any], key: Any, value: Any, *, most: int) -> list[Any]:
    """Keep a value, and return the keys of those kept longest, which made room for it.

    Several threads may do so at once.
    """
    gone = []
    while len(memory) >= most:
        oldest = next(iter(tuple(memory)), None)
        memory.pop(oldest, None)
        gone.append(oldest)
    memory[key] = value
    return gone
