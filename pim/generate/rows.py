"""Rows of styles, colourways, sizes and simple accessories, level by level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pim.generate.cells import Drawing, options, style_codes
from pim.generate.draws import Numbers, below, chance
from pim.generate.plan import (
    COLOURWAY,
    COLOURWAYS,
    LEVELS,
    SHAPES,
    SIZE,
    STYLE,
    Plan,
    Planned,
    attributes,
)

AXES = {"colour", "size_eu"}


@dataclass(frozen=True)
class _Level:
    """Things of one level: their own numbers, and the family of each; simple ones own all."""

    plan: Plan
    name: str
    numbers: Numbers
    families: Numbers
    simple: bool = False

    def values(self) -> dict[str, pl.Series]:
        """Return the columns of all values that this level owns."""
        drawing = Drawing(self.plan.seed, self.numbers)
        found: dict[str, pl.Series] = {}
        for attribute in attributes():
            if attribute.code not in AXES | {"sku"}:
                found.update(drawing.columns(attribute, self._owned(attribute)))
        return found

    def _owned(self, attribute: Planned) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        families = np.arange(self.plan.families, dtype=np.int64)
        owners = np.array([LEVELS.index(attribute.owner(s)) for s in range(SHAPES)])
        here = self.simple | (owners[families % SHAPES] == LEVELS.index(self.name))
        owned: np.ndarray[tuple[int], np.dtype[np.bool_]] = (here & self.plan.holds(attribute))[
            self.families
        ]
        return owned


def product_models(plan: Plan) -> pl.DataFrame:
    """Return all styles, then their colourways."""
    styles = np.arange(plan.styles, dtype=np.int64)
    families = plan.family_of_styles(styles)
    roots = pl.DataFrame(
        {
            "code": style_codes(styles),
            "family_variant": _variants(families),
            "categories": _categories(plan, styles),
            **_Level(plan, STYLE, styles, families).values(),
        }
    )
    colourways = np.arange(plan.styles * COLOURWAYS, dtype=np.int64)
    families = np.repeat(families, COLOURWAYS)
    below_them = pl.DataFrame(
        {
            "code": colourway_codes(colourways),
            "family_variant": _variants(families),
            "parent": style_codes(colourways // COLOURWAYS),
            "colour": _colours(plan, colourways),
            **_Level(plan, COLOURWAY, colourways, families).values(),
        }
    )
    return _in_order(pl.concat([roots, below_them], how="diagonal"), first=MODEL_COLUMNS)


def products(plan: Plan) -> pl.DataFrame:
    """Return all sizes of all colourways, then the simple accessories."""
    frames = [_sizes(plan), _accessories(plan)]
    filled = [frame for frame in frames if frame.height]
    return _in_order(pl.concat(filled, how="diagonal"), first=PRODUCT_COLUMNS)


def _sizes(plan: Plan) -> pl.DataFrame:
    counts = np.repeat(plan.sizes, COLOURWAYS)
    colourway = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    numbers = np.arange(plan.variants, dtype=np.int64)
    place = numbers - np.repeat(np.cumsum(counts) - counts, counts)
    style = colourway // COLOURWAYS
    families = plan.family_of_styles(style)
    codes = pl.Series(options(_attribute("size_eu")))
    size = below(len(codes) - 12, plan.seed, "first size", style) + place
    return pl.DataFrame(
        {
            "sku": colourway_codes(colourway) + "-" + pl.Series(size).cast(pl.String).str.zfill(2),
            "family": _families(families),
            "parent": colourway_codes(colourway),
            "enabled": _enabled(plan, numbers),
            "size_eu": codes.gather(size),
            **_Level(plan, SIZE, numbers, families).values(),
        }
    )


def _accessories(plan: Plan) -> pl.DataFrame:
    numbers = np.arange(plan.variants, plan.products, dtype=np.int64)
    families = plan.family_of_accessories(numbers)
    return pl.DataFrame(
        {
            "sku": "A" + pl.Series(numbers).cast(pl.String).str.zfill(7),
            "family": _families(families),
            "categories": _categories(plan, numbers),
            "enabled": _enabled(plan, numbers),
            "colour": Drawing(plan.seed, numbers).pick(options(_attribute("colour")), "colour"),
            **_Level(plan, SIZE, numbers, families, simple=True).values(),
        }
    )


def colourway_codes(numbers: Numbers) -> pl.Series:
    """Return the codes of colourways: the style's with the place among its colours."""
    place = pl.Series(numbers % COLOURWAYS + 1).cast(pl.String)
    return style_codes(numbers // COLOURWAYS) + "-" + place


def family_code(number: int) -> str:
    """Return the code of a family."""
    return f"family_{number + 1:02}"


def _families(numbers: Numbers) -> pl.Series:
    return pl.Series([family_code(n) for n in range(numbers.max(initial=0) + 1)]).gather(numbers)


def _variants(numbers: Numbers) -> pl.Series:
    return _families(numbers) + "_colour_size"


def _colours(plan: Plan, colourways: Numbers) -> pl.Series:
    codes = options(_attribute("colour"))
    first = below(len(codes), plan.seed, "colour", colourways // COLOURWAYS)
    return pl.Series(codes).gather((first + colourways % COLOURWAYS * 7) % len(codes))


def _categories(plan: Plan, numbers: Numbers) -> pl.Series:
    """Return one category of the catalogue's tree, for every third thing a page in print too."""
    codes = pl.Series([f"category_{n:04}" for n in range(plan.categories)])
    code = codes.gather(below(plan.categories, plan.seed, "category", numbers))
    printed = pl.Series(below(3, plan.seed, "printed", numbers) == 0)
    page = ",print_" + pl.Series(below(8, plan.seed, "page", numbers) + 1).cast(pl.String)
    return pl.select(code + pl.when(printed).then(page).otherwise(pl.lit(""))).to_series()


def _enabled(plan: Plan, numbers: Numbers) -> pl.Series:
    on = chance(97, plan.seed, "enabled", numbers)
    return pl.Series(on.astype(np.int64)).cast(pl.String)


def _attribute(code: str) -> Planned:
    return next(a for a in attributes() if a.code == code)


MODEL_COLUMNS = ("code", "family_variant", "parent", "categories", "colour")
PRODUCT_COLUMNS = ("sku", "family", "parent", "categories", "enabled", "colour", "size_eu")


def _in_order(frame: pl.DataFrame, *, first: tuple[str, ...]) -> pl.DataFrame:
    """Return the columns in the order of the attributes, whichever level had them first."""
    order = {attribute.code: number for number, attribute in enumerate(attributes())}
    rest = [name for name in frame.columns if name not in first]
    rest.sort(key=lambda name: order[name.split("-")[0]])
    return frame.select([name for name in first if name in frame.columns] + rest)
