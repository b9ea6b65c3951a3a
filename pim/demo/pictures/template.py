"""Turn a drawing into an indexed picture whose colours are chosen later.

Each pixel's index is its part times 32 plus a tone from 0 (dark) to 31 (light). A colourway is
then nothing but a palette, so each drawing is shaded once however many colours it comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pim.demo.pictures.paths import Point, points

PARTS = ("ground", "upper", "panel", "trim", "sole", "edge", "lining", "metal")
TONES = 32
NEUTRAL = 16

#: Drawn at twice the size of the finished picture, which smooths the edges when it is halved.
SIDE = 1600
#: Shading is soft, so a quarter of that is fine enough to compute it.
COARSE = 400

Layer = dict[str, Any]
Drawing = Sequence[Layer]


@dataclass(frozen=True, kw_only=True)
class View:
    """What part of the sheet of 400 x 400 is shown: its left upper corner and its side."""

    left: float
    top: float
    side: float

    def place(self, outline: Sequence[Point], size: int) -> list[Point]:
        """Return points of the sheet as points of a picture of size x size."""
        scale = size / self.side
        return [((x - self.left) * scale, (y - self.top) * scale) for x, y in outline]

    def wider(self) -> View:
        """Return the view with an eighth more on each side."""
        margin = self.side / 8
        return View(left=self.left - margin, top=self.top - margin, side=self.side * 1.25)

    def moved(self, *, scale: float, across: int, down: int) -> View:
        """Return the view that shows things smaller and moved by pixels of the large sheet."""
        side = self.side / scale
        return View(
            left=self.left - across * side / SIDE, top=self.top - down * side / SIDE, side=side
        )


def bounds(drawing: Drawing) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a drawing."""
    xs, ys = zip(*(point for layer in drawing for point in points(layer["d"])), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def whole(drawing: Drawing) -> View:
    """Return the view that shows a drawing in the middle, with air around it."""
    left, top, right, bottom = bounds(drawing)
    side = max(right - left, bottom - top) * 1.18
    return View(left=(left + right - side) / 2, top=(top + bottom - side) / 2, side=side)


def close(drawing: Drawing) -> View:
    """Return the view of the front half, for seams and grain."""
    left, top, right, bottom = bounds(drawing)
    side = (right - left) * 0.68
    middle = bottom - min(side * 0.4, (bottom - top) / 2)
    return View(left=right - side * 0.93, top=middle - side / 2, side=side)


def draw(drawing: Drawing, view: View) -> Image.Image:
    """Return the drawing as an indexed picture (mode "L") of 1600 x 1600."""
    parts = Image.new("L", (SIDE, SIDE), 0)
    tones = Image.new("L", (SIDE, SIDE), NEUTRAL)
    volume = _shadow(drawing, view)
    for layer in drawing:
        _paint(parts, layer, view, PARTS.index(layer["part"]) * TONES)
        _paint(tones, layer, view, NEUTRAL + layer.get("tone", 0))
        volume.paste(*_pillow(layer, view))
    return ImageChops.add(parts, _shaded(tones, volume))


def pair(drawing: Drawing) -> Image.Image:
    """Return the indexed picture of a shoe with its twin behind it."""
    far = draw(drawing, whole(drawing).moved(scale=0.88, across=180, down=-10))
    near = draw(drawing, whole(drawing).moved(scale=0.9, across=-10, down=130))
    return Image.composite(near, far, near.point(lambda v: 255 * (v >= TONES)))


def _paint(sheet: Image.Image, layer: Layer, view: View, value: int) -> None:
    pen, size = ImageDraw.Draw(sheet), sheet.size[0]
    outline = view.place(points(layer["d"]), size)
    if "width" not in layer:
        pen.polygon(outline, fill=value)
        return
    width = max(1, round(layer["width"] * size / view.side))
    pen.line(outline, fill=value, width=width, joint="curve")
    for x, y in (outline[0], outline[-1]):
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=value)


def _pillow(layer: Layer, view: View) -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """Return light, place and outline of a part that bulges, lit from above on the left.

    Drawn with a margin, because parts go on beyond the sheet and light must not stop at its edge.
    """
    mask = Image.new("L", (COARSE * 5 // 4, COARSE * 5 // 4), 0)
    _paint(mask, layer, view.wider(), 255)
    scale = COARSE / view.side
    soft = mask.filter(ImageFilter.GaussianBlur(8 * scale))
    across, down = round(4 * scale), round(6 * scale)
    lit = ImageChops.subtract(
        ImageChops.offset(soft, -across, -down),
        ImageChops.offset(soft, across, down),
        scale=-3.0 if "width" in layer else 3.2,
        offset=128,
    )
    inside = (COARSE // 8, COARSE // 8, COARSE * 9 // 8, COARSE * 9 // 8)
    return lit.crop(inside), (0, 0), mask.crop(inside)


def _shadow(drawing: Drawing, view: View) -> Image.Image:
    """Return the light on the ground: even, but for a soft shadow under the drawing."""
    left, _, right, bottom = bounds(drawing)
    ground = Image.new("L", (COARSE, COARSE), 128)
    corners = view.place([(left - 4, bottom - 11), (right + 4, bottom + 11)], COARSE)
    ImageDraw.Draw(ground).ellipse([corners[0], corners[1]], fill=20)
    return ground.filter(ImageFilter.GaussianBlur(8 * COARSE / view.side))


def _shaded(tones: Image.Image, volume: Image.Image) -> Image.Image:
    """Return tones plus light, held within 0..31.

    Each block of 2 x 2 pixels, which becomes one in the finished picture, is rounded in four ways:
    that gives four steps between two tones, and no bands.
    """
    light = ImageChops.add(volume.resize(tones.size, Image.Resampling.BILINEAR), _thresholds())
    both = ImageChops.add(tones, light.point(lambda v: v // 8))
    return both.point(lambda v: min(TONES - 1, max(0, v - NEUTRAL)))


@cache
def _thresholds() -> Image.Image:
    """Return 0, 4, 6 and 2 in every block of 2 x 2 pixels."""
    row = bytes((0, 4) * (SIDE // 2)) + bytes((6, 2) * (SIDE // 2))
    return Image.frombytes("L", (SIDE, SIDE), row * (SIDE // 2))
