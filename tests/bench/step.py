"""What a step of the benchmark is: what is measured, and what is not but must be done for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.bench.place import Place
from tests.bench.rows import Budget, Ends, Measured


def _nothing(_place: Place) -> None:
    """Prepare nothing."""


def _no_ends(_place: Place) -> Ends:
    return Ends()


NO_BUDGET: Final = Budget()


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step in three processes, one after another.

    `prepare` makes what the step needs; `measure` alone is timed and watched; `ends` finds the
    machine's limit and the speed of plain Python for the same work. A step that tells nothing
    about growth is run `once`, at the full size only.
    """

    measure: Callable[[Place], Measured]
    budget: Budget = NO_BUDGET
    prepare: Callable[[Place], None] = _nothing
    ends: Callable[[Place], Ends] = _no_ends
    once: bool = False

    @property
    def prepares(self) -> bool:
        """Tell whether there is anything to prepare."""
        return self.prepare is not _nothing

    @property
    def compares(self) -> bool:
        """Tell whether there are ends to find."""
        return self.ends is not _no_ends


def within(seconds: float, text: str = "") -> Budget:
    """Return the budget of something that takes at most so many seconds."""
    return Budget(text=text or f"< {seconds:g} s", seconds=seconds)
