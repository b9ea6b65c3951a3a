"""Numbers that look random and are not: a hash of seed, name and number (splitmix64)."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STEP = 0x9E3779B97F4A7C15
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def draw(seed: int, name: str, numbers: Numbers) -> Numbers:
    """Return a whole number from 0 to 2^62 for each number; every name draws anew."""
    start = (seed * 0x100000001B3 + zlib.crc32(name.encode())) % 2**64
    with np.errstate(over="ignore"):
        mixed: npt.NDArray[Any] = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP)
        mixed = mixed ^ np.uint64(start)
        for shift, factor in zip((30, 27), _MIX, strict=True):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(2)).astype(np.int64)


def below(limit: int, seed: int, name: str, numbers: Numbers) -> Numbers:
    """Return a whole number from 0 to `limit` - 1 for each number."""
    return draw(seed, name, numbers) % limit


def chance(percent: int, seed: int, name: str, numbers: Numbers) -> Flags:
    """Return for each number whether it is among so many in a hundred."""
    return below(100, seed, name, numbers) < percent
