"""Photograph every colourway: draw each view of each drawing once, then colour it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from PIL import Image

from pim.demo import facts
from pim.demo.pictures.palette import coloured
from pim.demo.pictures.template import Drawing, close, draw, pair, whole
from pim.demo.plan import Colourway, Style
from pim.demo.source import settings

SHEETS = ("drawings/shoes", "drawings/boots", "drawings/goods")
QUALITY = 76


def shoot(folder: Path, styles: Iterable[Style]) -> None:
    """Write `files/<colourway>/<view>.jpg` for every colourway of every style."""
    for style in styles:
        for colourway in style.colourways:
            room = folder / "files" / colourway.code
            room.mkdir(parents=True, exist_ok=True)
            for view in facts.views(style):
                picture = coloured(indexed(style.kind["drawing"], view), colours(style, colourway))
                picture.save(room / f"{view}.jpg", quality=QUALITY)


@cache
def indexed(drawing: str, view: str) -> Image.Image:
    """Return a view of a drawing before it is coloured."""
    layers = drawing_of("sole_view" if view == "sole" else drawing)
    if view == "pair":
        return pair(layers)
    return draw(layers, close(layers) if view == "detail" else whole(layers))


@cache
def drawing_of(name: str) -> Drawing:
    """Return the layers of a drawing."""
    found: Drawing = next(settings(sheet)[name] for sheet in SHEETS if name in settings(sheet))
    return found


def colours(style: Style, colourway: Colourway) -> Mapping[str, str]:
    """Return the hex colours of a colourway's parts; soles and linings show their material."""
    materials = settings("materials")
    chosen = {"upper": colourway.colour["upper"], "panel": colourway.colour["accent"]}
    if style.lining in materials["linings"]:
        chosen["lining"] = materials["linings"][style.lining]["colour"]
    if style.sole:
        sole = materials["soles"][style.sole]
        light = style.kind.get("light_sole", False)
        chosen["sole"] = sole.get("light", sole["colour"]) if light else sole["colour"]
        chosen["edge"] = sole["edge"]
    return chosen
