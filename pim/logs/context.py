"""What every line carries: names that a piece of work binds while it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from structlog import contextvars


@contextmanager
def bound(**names: Any) -> Iterator[None]:
    """Give every line that is written inside the block these names; None leaves one out."""
    known = {name: value for name, value in names.items() if value is not None}
    before = contextvars.get_contextvars()
    contextvars.bind_contextvars(**known)
    try:
        yield
    finally:
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(**before)


def bind(**names: Any) -> None:
    """Give every further line of the block around these names, such as a change set just opened."""
    contextvars.bind_contextvars(**{k: v for k, v in names.items() if v is not None})
