"""The matcher of users' regular expressions: the `regex` package with a limit of time."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any, Final

import regex

from pim.domain.patterns import OutOfTime, Pattern, install

#: Seconds that one pattern may spend on one text.
LIMIT: Final = 0.1

#: A pattern that ran out of time so often is not tried again by this process: at 700,000 values,
#: a tenth of a second each is most of a day.
PATIENCE: Final = 20

#: Longer patterns are refused: the clock is asked between steps, and theirs are long.
LONGEST: Final = 1_000

#: Compiling writes `a{1000}` out a thousand times, and repeats within repeats multiply: beyond
#: this many parts a pattern would take the memory of the machine.
MOST_PARTS: Final = 20_000

FLAGS: Final = {"i": regex.I, "m": regex.M, "s": regex.S, "x": regex.X, "u": regex.U}


class TimedMatcher:
    """Run patterns for at most `LIMIT` seconds each; raise OutOfTime instead of running on."""

    def __init__(self) -> None:
        self._overruns: Counter[Pattern] = Counter()

    def fault(self, pattern: Pattern) -> str | None:
        """Return why the pattern cannot be read, or is too large to be run, or None."""
        if len(pattern.source) > LONGEST:
            return f"it has more than {LONGEST} characters"
        if _parts(pattern.source) > MOST_PARTS:
            return f"its repeats make more than {MOST_PARTS} parts"
        try:
            _compiled(pattern)
        except (regex.error, RecursionError) as error:
            return str(error)
        return None

    def replacement_fault(self, pattern: Pattern, replacement: str) -> str | None:
        """Return why the replacement cannot be used with the pattern, or None."""
        try:
            # An empty alternative makes the replacement happen, whatever the pattern asks for.
            whole = Pattern(f"(?:{pattern.source})|", pattern.flags)
            _compiled(whole).sub(replacement, "", timeout=LIMIT)
        except (regex.error, IndexError, TimeoutError) as error:
            return str(error)
        return None

    def search(self, pattern: Pattern, text: str) -> bool:
        """Tell whether the pattern occurs in the text."""
        self._refuse_overrun(pattern)
        try:
            return _compiled(pattern).search(text, timeout=LIMIT) is not None
        except TimeoutError as error:
            raise self._overrun(pattern) from error

    def replace(self, pattern: Pattern, replacement: str, text: str) -> str:
        """Return the text with every occurrence replaced."""
        self._refuse_overrun(pattern)
        try:
            return str(_compiled(pattern).sub(replacement, text, timeout=LIMIT))
        except TimeoutError as error:
            raise self._overrun(pattern) from error

    def _refuse_overrun(self, pattern: Pattern) -> None:
        if self._overruns[pattern] >= PATIENCE:
            raise OutOfTime(f"{pattern.source} ran out of time {PATIENCE} times")

    def _overrun(self, pattern: Pattern) -> OutOfTime:
        self._overruns[pattern] += 1
        return OutOfTime(f"{pattern.source} took longer than {LIMIT} seconds")


#: What counts in a pattern's size: a class of characters, one character, a group, a repeat.
_PIECES: Final = regex.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{([0-9]+)(?:,[0-9]*)?\}|.", regex.S
)


def _parts(source: str) -> int:
    """Return of how many parts a pattern consists when its repeats are written out."""
    groups, last = [0], 0  # parts of each open group; of what a repeat would repeat
    for piece in _PIECES.finditer(source):
        if piece[0] == "(":
            groups.append(0)
        elif piece[0] == ")":
            last = groups.pop()
            groups = groups or [0]
            groups[-1] += last
        else:
            more = last * (max(int(piece[1][:9]), 1) - 1) if piece[1] else 1
            last = last + more if piece[1] else 1
            groups[-1] += more
    return sum(groups)


@lru_cache(maxsize=256)
def _compiled(pattern: Pattern) -> Any:
    flags = sum(FLAGS[letter] for letter in set(pattern.flags))
    return regex.compile(pattern.source, flags)


install(TimedMatcher())
