"""Decide what the catalogue holds: styles, their colourways, sizes and prices.

Every style draws from its own random numbers, so a style added to `data/kinds.toml` changes no
other; codes and article numbers do not depend on the seed at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, islice, product
from random import Random
from typing import Any

from pim.demo import codes, prices, sizes, source
from pim.demo.source import Row

FIRST_STYLE, FIRST_ACCESSORY = 101001, 1001
HOW_MANY_COLOURS = {1: 54, 2: 32, 3: 11, 4: 3}


@dataclass(frozen=True, kw_only=True)
class Item:
    """What a customer buys: one size of a colourway, or a simple product."""

    sku: str
    ean: str
    size: Decimal | None
    weight: Decimal
    stock: int
    lead_time: int


@dataclass(frozen=True, kw_only=True)
class Colourway:
    """One colour of a style; `name` holds its marketing name by locale."""

    code: str
    colour: Row
    name: Row
    price: dict[str, str]
    sale: dict[str, str]
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Style:
    """A shoe in all its colours, or an accessory with one; `kind` is its table of settings."""

    code: str
    name: str
    kind_code: str
    kind: dict[str, Any]
    season: Row
    drop_date: date
    brand: Row
    designer: str
    upper: str | None
    colourways: tuple[Colourway, ...]
    lining: str = ""
    sole: str = ""
    width: str = "regular"
    heel: str = ""
    shaft: str = ""
    score: int = 50
    variety: int = 0
    missing: frozenset[str] = field(default_factory=frozenset)

    @property
    def simple(self) -> bool:
        """Tell whether this is an accessory without variants."""
        return "family_variant" not in self.kind

    @property
    def kids(self) -> bool:
        """Tell whether this is made for children."""
        return bool(self.kind.get("scale") == "kids")


def styles(*, seed: int, kinds: str = "kinds", first: int = FIRST_STYLE) -> list[Style]:
    """Return every style of shoe in the order of its kind's table.

    A kind may bring names of its own; the others take them from the common stock.
    """
    numbers, stock = count(first), _names(seed)
    eans = count((first - FIRST_STYLE) * 100 + 1)
    return [
        _style(str(next(numbers)), kind_code, kind, name=name, seed=seed, eans=eans)
        for kind_code, kind in source.settings(kinds).items()
        for name in islice(iter(kind["names"]) if "names" in kind else stock, kind["styles"])
    ]


def accessories(*, seed: int) -> list[Style]:
    """Return every simple product; those of a kind share no name and take its colours in turn."""
    numbers, names, eans = count(FIRST_ACCESSORY), reversed(list(_names(seed))), count(900_001)
    return [
        _accessory(f"AC-{next(numbers)}", kind_code, kind, at, next(names), seed, eans)
        for kind_code, kind in source.settings("accessories").items()
        for at in range(kind["count"])
    ]


def _chance(seed: int, purpose: str) -> Random:
    return Random(f"{seed} {purpose}")  # noqa: S311 - it makes up a catalogue, it keeps no secret


def _names(seed: int) -> Iterator[str]:
    """Yield invented names in an order of their own; accessories take them from the end."""
    stock = source.settings("words/forms")["names"]
    names = [a + b for a, b in product(stock["beginnings"], stock["endings"])]
    _chance(seed, "names").shuffle(names)
    return iter(names)


def _style(
    code: str, kind_code: str, kind: dict[str, Any], *, name: str, seed: int, eans: count[int]
) -> Style:
    chance = _chance(seed, code)
    season = _season(chance)
    pounds = chance.randrange(kind["price"][0], kind["price"][1] + 1, 10)
    run = _sizes(kind, chance)
    return Style(
        code=code,
        name=name,
        kind_code=kind_code,
        kind=kind,
        season=season,
        drop_date=_drop(season, chance),
        brand=_brand(kind["scale"], chance),
        designer=chance.choice(source.settings("words/forms")["names"]["designers"]),
        upper=chance.choice(kind["uppers"]),
        lining=chance.choice(kind["linings"]),
        sole=chance.choice(kind["soles"]),
        width=chance.choice(["narrow", "regular", "regular", "regular", "wide"]),
        heel=chance.choice(kind["heel"]),
        shaft=chance.choice(kind.get("shaft", [""])),
        score=chance.randrange(30, 96),
        variety=chance.randrange(1000),
        missing=_missing(code),
        colourways=tuple(
            _colourway(f"{code}-{colour['short']}", colour, pounds, season, kind, run, chance, eans)
            for colour in _colours(kind, chance)
        ),
    )


def _accessory(
    code: str, kind_code: str, kind: dict[str, Any], at: int, name: str, seed: int, eans: count[int]
) -> Style:
    chance = _chance(seed, code)
    season = source.keyed("seasons", "season")["NOS"]
    colour = source.keyed("words/colours")[kind["colours"][at % len(kind["colours"])]]
    pounds = chance.randrange(kind["price"][0], kind["price"][1] + 1)
    return Style(
        code=code,
        name=name,
        kind_code=kind_code,
        kind=kind,
        season=season,
        drop_date=_drop(season, chance),
        brand=_brand("adult", chance),
        designer=chance.choice(source.settings("words/forms")["names"]["designers"]),
        upper=chance.choice(kind["uppers"]) if "uppers" in kind else None,
        lining=chance.choice(["textile", "microfibre"]),
        score=chance.randrange(30, 96),
        variety=chance.randrange(1000),
        missing=_missing(code),
        colourways=(_colourway(code, colour, pounds, season, kind, [None], chance, eans),),
    )


def _colourway(
    code: str,
    colour: Row,
    pounds: int,
    season: Row,
    kind: dict[str, Any],
    run: list[Decimal] | list[None],
    chance: Random,
    eans: count[int],
) -> Colourway:
    price = prices.regular(pounds)
    reduced = season["sale"] == "1" and chance.random() < 0.7
    return Colourway(
        code=code,
        colour=colour,
        name=chance.choice(source.matching("words/colour_names", "colour", colour["code"])),
        price=price,
        sale=prices.reduced(pounds, percent=chance.choice([20, 30, 40])) if reduced else {},
        items=tuple(_item(code, size, kind, chance, eans) for size in run),
    )


def _item(
    code: str, size: Decimal | None, kind: dict[str, Any], chance: Random, eans: count[int]
) -> Item:
    base = code.rsplit("-", 1)[0] if kind.get("family_variant") == "shoes_size" else code
    grams = kind["weight"] * (1 if size is None else size / _middle(kind))
    return Item(
        sku=base if size is None else f"{base}-{sizes.code(size).replace('_', '')}",
        ean=codes.ean(next(eans)),
        size=size,
        weight=Decimal(grams).quantize(Decimal(1)),
        stock=0 if chance.random() < 0.08 else chance.randrange(1, 60),
        lead_time=chance.choice([1, 2, 2, 3, 5, 10]),
    )


def _middle(kind: dict[str, Any]) -> Decimal:
    first, last = kind["sizes"]
    return (Decimal(first) + Decimal(last)) / 2


def _sizes(kind: dict[str, Any], chance: Random) -> list[Decimal]:
    """Return 6 to 12 sizes in a row."""
    every = list(sizes.steps(*kind["sizes"], halves=kind.get("halves", False)))
    length = min(len(every), chance.choice([6, 7, 7, 8, 8, 9, 10, 12]))
    start = chance.randrange(len(every) - length + 1)
    return every[start : start + length]


def _colours(kind: dict[str, Any], chance: Random) -> list[Row]:
    several = chance.choices(list(HOW_MANY_COLOURS), list(HOW_MANY_COLOURS.values()))[0]
    number = 1 if kind["family_variant"] == "shoes_size" else several
    known = source.keyed("words/colours")
    return [known[code] for code in chance.sample(kind["colours"], number)]


def _season(chance: Random) -> Row:
    rows = source.table("seasons")
    return chance.choices(rows, [int(row["share"]) for row in rows])[0]


def _drop(season: Row, chance: Random) -> date:
    """Return a Monday (all bounds are Mondays) within the season's window."""
    first, last = (date.fromisoformat(season[key]) for key in ("drop_from", "drop_to"))
    return first + timedelta(weeks=chance.randrange((last - first).days // 7 + 1))


def _brand(scale: str, chance: Random) -> Row:
    audience = "kids" if scale == "kids" else "adult"
    return chance.choice(source.matching("brands", "audience", audience))


def _missing(code: str) -> frozenset[str]:
    """Return the languages into which nobody has translated this style yet."""
    gaps = {"ja_JP": (8, 3), "ru_RU": (12, 5), "fr_FR": (25, 9)}
    number = int(code.rsplit("-", 1)[-1])
    return frozenset(locale for locale, (every, at) in gaps.items() if number % every == at)
