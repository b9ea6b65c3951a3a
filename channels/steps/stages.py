"""Hold what each step gives in a column, so that the next may use it many times.

An expression that names its input twice doubles with every step that follows: ten steps would be
a thousand copies. A held value is computed once, in the frame of its target, and then forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import polars as pl

from channels.steps.past_price import PastPrice

_MARK = "\x01"

AnyFrame = TypeVar("AnyFrame", pl.DataFrame, pl.LazyFrame)


@dataclass
class Stages:
    """The held values of one target, each computed behind those that it reads.

    Their columns begin with `prefix`, so that several targets can be computed in one frame.
    """

    prefix: str = ""
    _held: list[tuple[int, str, pl.Expr]] = field(default_factory=list)
    _lacking: list[pl.Expr] = field(default_factory=list)
    _where: list[pl.Expr] = field(default_factory=list)
    derived: dict[str, PastPrice] = field(default_factory=dict)

    def hold(self, expr: pl.Expr) -> pl.Expr:
        """Return a column that will hold the value of an expression."""
        levels = {name: level for level, name, _ in self._held}
        level = 1 + max((levels.get(name, 0) for name in expr.meta.root_names()), default=0)
        name = f"{_MARK}{self.prefix}{_MARK}{len(self._held)}"
        self._held.append((level, name, expr))
        return pl.col(name)

    def derive(self, request: PastPrice) -> pl.Expr:
        """Return the column of a price gone by, which is worked out beside the projection's."""
        self.derived[request.column] = request
        return pl.col(request.column)

    def lack(self, value: pl.Expr) -> None:
        """Note a value that a lookup lacks (null where it lacks none)."""
        for condition in self._where:
            value = pl.when(condition).then(value)
        self._lacking.append(self.hold(value))

    @contextmanager
    def only_where(self, condition: pl.Expr) -> Iterator[None]:
        """Let what lookups lack count only where a condition holds, as in a branch of `if`."""
        self._where.append(condition)
        yield
        self._where.pop()

    @property
    def lacking(self) -> pl.Expr | None:
        """Return the first value that a lookup of the target lacks; None if none reports any."""
        return pl.coalesce(self._lacking) if self._lacking else None

    def held(self) -> Iterator[tuple[int, pl.Expr]]:
        """Yield every held value by its name, and its level: it reads those of lower levels."""
        for level, name, expr in self._held:
            yield level, expr.alias(name)

    def columns(self) -> Iterator[str]:
        """Yield the columns of the catalogue that held values read."""
        for _, _, expr in self._held:
            yield from own_columns(expr)


def computed(frame: AnyFrame, several: Iterable[Stages]) -> AnyFrame:
    """Return the frame with every value that any of these hold."""
    ordered = sorted((each for s in several for each in s.held()), key=itemgetter(0))
    for _, level in groupby(ordered, key=itemgetter(0)):
        frame = frame.with_columns(expr for _, expr in level)
    return frame


def own_columns(expr: pl.Expr) -> Iterator[str]:
    """Yield the columns that an expression reads, held values left out."""
    return (name for name in expr.meta.root_names() if not name.startswith(_MARK))
