"""What a made-up catalogue holds: how many of each thing, which family owns what at which level."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from pim.generate.draws import Flags, Numbers, below

DATA: Final = Path(__file__).parent / "data"
LOCALES: Final = ("en_GB", "de_DE", "fr_FR", "ru_RU", "ja_JP")
CURRENCIES: Final = ("EUR", "GBP", "JPY")

#: Locales and currencies of each channel.
CHANNELS: Final = {
    "web": (LOCALES, CURRENCIES),
    "marketplace": (LOCALES[:3], CURRENCIES[:2]),
    "retail": (("en_GB", "ru_RU", "ja_JP"), ("GBP", "JPY")),
}

COLOURWAYS: Final = 3
STYLE, COLOURWAY, SIZE = LEVELS = ("style", "colourway", "size")

#: An attribute may be owned at another level by each of three shapes of families.
SHAPES: Final = 3
MOST_FAMILIES: Final = 60
MOST_CATEGORIES: Final = 5_000
#: One family in so many is of simple accessories.
ACCESSORIES: Final = 6


@dataclass(frozen=True, kw_only=True)
class Planned:
    """An attribute: which level owns it in each shape, how often it is filled, in percent."""

    code: str
    type: str
    group: str
    unique: bool
    localizable: bool
    scopable: bool
    owners: tuple[str, ...]
    filled: int
    detail: str
    in_families: int

    @property
    def kind(self) -> str:
        """Return the type without its prefix."""
        return self.type.removeprefix("pim_catalog_").removeprefix("pim_")

    def owner(self, shape: int) -> str:
        """Return the level that owns it in a shape."""
        return self.owners[shape % len(self.owners)]


@cache
def attributes() -> tuple[Planned, ...]:
    """Return all attributes, in the order of their columns."""
    with (DATA / "attributes.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_planned(row) for row in csv.DictReader(file, delimiter=";"))


def _planned(row: dict[str, str]) -> Planned:
    return Planned(
        code=row["code"],
        type=row["type"],
        group=row["group"],
        unique=row["unique"] == "1",
        localizable=row["localizable"] == "1",
        scopable=row["scopable"] == "1",
        owners=tuple(row["owner"].split("|")),
        filled=int(row["filled"]),
        detail=row["detail"],
        in_families=int(row["in_families"]),
    )


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return words by locale."""
    return tomllib.loads((DATA / "words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Plan:
    """A catalogue of exactly so many products."""

    products: int
    seed: int

    @property
    def families(self) -> int:
        """Return how many families there are; the last ones are of simple accessories."""
        return max(6, min(MOST_FAMILIES, self.products // 100))

    @property
    def shoe_families(self) -> int:
        """Return how many families have variants."""
        return self.families - max(1, self.families // ACCESSORIES)

    @property
    def categories(self) -> int:
        """Return how many categories there are."""
        return max(30, min(MOST_CATEGORIES, self.products // 20))

    @cached_property
    def sizes(self) -> Numbers:
        """Return how many sizes each colourway of a style has: 10 on average."""
        styles = np.arange(self.products * 85 // (100 * 10 * COLOURWAYS) + 1, dtype=np.int64)
        counts = 8 + below(5, self.seed, "sizes", styles)
        return counts[np.cumsum(counts) * COLOURWAYS <= self.products * 9 // 10]

    @property
    def styles(self) -> int:
        """Return how many styles there are."""
        return len(self.sizes)

    @property
    def variants(self) -> int:
        """Return how many products belong to a colourway."""
        return int(self.sizes.sum()) * COLOURWAYS

    def family_of_styles(self, numbers: Numbers) -> Numbers:
        """Return the family of each style."""
        return below(self.shoe_families, self.seed, "family", numbers)

    def family_of_accessories(self, numbers: Numbers) -> Numbers:
        """Return the family of each simple product."""
        kinds = self.families - self.shoe_families
        return self.shoe_families + below(kinds, self.seed, "accessory", numbers)

    @cache  # noqa: B019 - a plan lives as long as the command
    def holds(self, attribute: Planned) -> Flags:
        """Return for each family whether it has an attribute."""
        families = np.arange(self.families, dtype=np.int64)
        drawn = below(100, self.seed, f"has {attribute.code}", families) < attribute.in_families
        sized = attribute.code in {"size_eu", "size_uk", "size_us", "foot_length"}
        return drawn & ((families < self.shoe_families) | (not sized))
