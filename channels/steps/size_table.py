"""Shoe sizes of several countries as lengths of the last, in `sizes.csv`.

EU, FR and IT count Paris points of 2/3 cm. UK counts thirds of an inch from 25 (adults) or 12
(children); US lies above it by 2 (women) or 1 (men, kids). JP is the length of the foot in
centimetres, MONDO and CN in millimetres, 15 mm less than the last. Source: ISO/TS 19407. Brands
cut their shoes differently, and in several countries the trade counts otherwise: a feed's own
table goes before this one.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

#: Systems that count as another one does.
SAME: Mapping[str, str] = {"FR": "EU", "IT": "EU", "DE": "EU", "CN": "MONDO"}
AUDIENCES = ("women", "men", "kids")

Lengths = dict[str, Decimal]


@cache
def sizes() -> Mapping[tuple[str, str], list[tuple[str, Decimal]]]:
    """Return sizes with the length of their last in millimetres, by audience and system."""
    text = files("channels.steps").joinpath("sizes.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], list[tuple[str, Decimal]]] = {}
    for row in csv.DictReader(text.splitlines()):
        place = found.setdefault((row["audience"], row["system"]), [])
        place.append((row["size"], Decimal(row["last_mm"])))
    return found


def systems() -> tuple[str, ...]:
    """Return the systems that the table knows."""
    return tuple(sorted({system for _, system in sizes()} | set(SAME)))


@cache
def conversion(origin: str, target: str) -> Mapping[str, str]:
    """Return `audience/size` in one system with the nearest size of another.

    A size that stands for two lengths (British children's 3.5) and one that no other comes near
    to are left out.
    """
    found = {}
    for audience in AUDIENCES:
        known = sizes()[audience, SAME.get(origin, origin)]
        others = sizes()[audience, SAME.get(target, target)]
        counted = Counter(size for size, _ in known)
        for size, length in known:
            if counted[size] == 1 and (near := _nearest(length, others)):
                found[f"{audience}/{size.casefold()}"] = near
    return found


def _nearest(length: Decimal, others: list[tuple[str, Decimal]]) -> str | None:
    size, found = min(others, key=lambda other: (abs(other[1] - length), -other[1]))
    return size if abs(found - length) < TOO_FAR else None


#: More than half of the widest step between two sizes, in millimetres.
TOO_FAR = Decimal("3.34")
