"""Merge what two people made of the same cell: what was seen, what stands there, what is wanted.

A price in one currency is a cell of its own; everything else (a measurement with its unit, a list
of options) is merged as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


class _Nothing:
    """The sign for "says nothing", as None clears."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two changes of one cell that differ; `part` is the currency of a price, else ""."""

    part: str
    base: Any
    theirs: Any
    ours: Any


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What is to be written of what was wanted (NOTHING: leave alone), and where it clashes."""

    write: Any = NOTHING
    clashes: tuple[Clash, ...] = ()


def merged(
    base: Any, theirs: Any, ours: Any, *, by_parts: bool = False, known: Sequence[Any] = ()
) -> Merged:
    """Return what a change from `base` to `ours` comes to where `theirs` stands by now.

    `known` are further values that whoever wants `ours` is known to have seen: what they wrote
    themselves. With `by_parts` data are objects whose parts merge one by one; a part that `ours`
    lacks says nothing (nor one that `known` lacks), and None clears all.
    """
    if not by_parts:
        return _whole("", base, theirs, ours, known)
    had, has, seen = _parts(base), _parts(theirs), [_parts(each) for each in known]
    wants = dict.fromkeys({**had, **has}) if ours is None else _parts(ours)
    write: dict[str, Any] = {}
    clashes: list[Clash] = []
    for part, data in wants.items():
        others = [each[part] for each in seen if part in each]
        result = _whole(part, had.get(part), has.get(part), data, others)
        clashes += result.clashes
        if result.write is not NOTHING:
            write[part] = result.write
    return Merged(write=write or NOTHING, clashes=tuple(clashes))


def _whole(part: str, base: Any, theirs: Any, ours: Any, known: Sequence[Any]) -> Merged:
    if ours in (base, theirs):
        return Merged()
    if theirs == base or theirs in known:
        return Merged(write=ours)
    return Merged(clashes=(Clash(part=part, base=base, theirs=theirs, ours=ours),))


def _parts(data: Any) -> dict[str, Any]:
    return dict(data) if isinstance(data, Mapping) else {}
