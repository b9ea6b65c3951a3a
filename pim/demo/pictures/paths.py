"""Read outlines in the path language of SVG (M, L, C and Z, absolute) into points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

Point = tuple[float, float]

CURVE_STEPS = 20


@cache
def points(path: str) -> tuple[Point, ...]:
    """Return the corner points of a path, its curves cut into straight pieces.

    Source: SVG 1.1, section 8.3; of its commands only M, L, C and Z in capitals are understood.
    """
    outline: list[Point] = []
    for command, numbers in _commands(path.split()):
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "C":
            for at in range(0, len(pairs), 3):
                outline += _curve(outline[-1], *pairs[at : at + 3])
        else:
            outline += pairs
    return tuple(outline)


def _commands(words: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    command, numbers = "", list[float]()
    for word in words:
        if word.isalpha():
            if command:
                yield command, numbers
            command, numbers = word, []
        else:
            numbers.append(float(word))
    yield command, numbers


def _curve(start: Point, first: Point, second: Point, end: Point) -> Iterator[Point]:
    """Yield points of a cubic Bézier curve after its start."""
    for step in range(1, CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        corners = (start, first, second, end)
        yield (
            sum(w * x for w, (x, _) in zip(weights, corners, strict=True)),
            sum(w * y for w, (_, y) in zip(weights, corners, strict=True)),
        )
