"""Colours of a colourway as a palette of 8 parts x 32 tones."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from pim.demo.pictures.template import NEUTRAL, PARTS, SIDE, TONES

#: Hex colours by part; what a colourway does not say is taken from here.
COMMON: Mapping[str, str] = {
    "ground": "#f1efeb",
    "trim": "#e9e4da",
    "sole": "#3a3532",
    "edge": "#5a4334",
    "lining": "#d9c3a3",
    "metal": "#b9b4a8",
}


def palette(colours: Mapping[str, str]) -> list[int]:
    """Return 256 colours (768 numbers) for an indexed drawing."""
    chosen = {**COMMON, **colours}
    return [
        channel
        for part in PARTS
        for tone in range(TONES)
        for channel in _toned(chosen[part], _depth(part, tone))
    ]


def _depth(part: str, tone: int) -> float:
    """Return -1 (dark) to 1 (light); a shadow on the ground fades out slowly at its edge."""
    depth = (tone - NEUTRAL) / NEUTRAL
    return -(depth**2) * 0.8 if part == "ground" else depth


def _toned(colour: str, share: float) -> tuple[int, ...]:
    """Return a colour towards white above the neutral tone, towards black below it."""
    goal, share = (255, share * 0.55) if share > 0 else (18, -share * 0.62)
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return tuple(round(c + (goal - c) * share) for c in channels)


def coloured(indexed: Image.Image, colours: Mapping[str, str]) -> Image.Image:
    """Return the finished picture of 800 x 800 in RGB."""
    picture = indexed.copy()
    picture.putpalette(palette(colours))
    return picture.convert("RGB").reduce(SIDE // 800)
