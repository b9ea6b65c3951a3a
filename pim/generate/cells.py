"""Columns of cells of one attribute, drawn for many things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from pim.generate.draws import Flags, Numbers, below, chance
from pim.generate.plan import CHANNELS, LOCALES, Planned, words

PICTURES: Final = 24
CERTIFICATES: Final = 4

#: Units of each currency for one euro, in hundredths; yen are written without decimals.
RATES: Final = {"EUR": 100, "GBP": 86, "JPY": 16_200}
FIRST_DAY: Final = date(2024, 1, 1)
DAYS: Final = 1_400
FIRST_EAN: Final = 200_000_000_000


@dataclass(frozen=True)
class Drawing:
    """Cells for things with these numbers; `seed` and the attribute's code make them differ."""

    seed: int
    numbers: Numbers

    def below(self, limit: int, name: str) -> Numbers:
        """Return whole numbers from 0 to `limit` - 1."""
        return below(limit, self.seed, name, self.numbers)

    def pick(self, choices: Sequence[str], name: str) -> pl.Series:
        """Return one of the choices for each thing."""
        return pl.Series(choices, dtype=pl.String).gather(self.below(len(choices), name))

    def columns(self, attribute: Planned, owned: Flags) -> Iterator[tuple[str, pl.Series]]:
        """Yield header and cells; null where the attribute is not owned or not filled."""
        kind = attribute.kind
        for header, name, locale in _places(attribute):
            kept = owned & chance(_filled(attribute, locale), self.seed, f"{name}?", self.numbers)
            if kept.any():
                for suffix, cells in _KINDS[kind](self, attribute, name, locale):
                    shown = pl.select(pl.when(pl.Series(kept)).then(cells)).to_series()
                    yield header + suffix, shown

    def between(self, detail: Sequence[str], name: str) -> pl.Series:
        """Return numbers as text: `detail` is low, high and decimals."""
        low, high, decimals = (int(part) for part in detail[:3])
        scale = 10**decimals
        scaled = low * scale + self.below((high - low) * scale + 1, name)
        return _decimal(scaled, decimals)


def _places(attribute: Planned) -> Iterator[tuple[str, str, str]]:
    """Yield header, name of the draw and locale of each cell."""
    channels = list(CHANNELS) if attribute.scopable else [""]
    for channel in channels:
        spoken = CHANNELS[channel][0] if channel else LOCALES
        for locale in spoken if attribute.localizable else [""]:
            parts = [p for p in (attribute.code, locale, channel) if p]
            yield "-".join(parts), f"{attribute.code} {channel}", locale


def _filled(attribute: Planned, locale: str) -> int:
    """Return how often a cell is filled: translations come later than the first language."""
    later = LOCALES.index(locale) if locale else 0
    return attribute.filled - attribute.filled * later // 20


Cells = Iterator[tuple[str, pl.Series]]


def _text(drawing: Drawing, attribute: Planned, name: str, locale: str) -> Cells:
    yield "", _TEXTS[attribute.detail](drawing, name, words()[locale or LOCALES[0]])


def _name(drawing: Drawing, name: str, spoken: dict[str, list[str]]) -> pl.Series:
    adjective = drawing.pick(spoken["adjectives"], f"{name} adjective").str.to_titlecase()
    noun = drawing.pick(spoken["nouns"], "noun")
    number = pl.Series(drawing.numbers + 1).cast(pl.String)
    return pl.select(pl.concat_str([adjective, noun, number], separator=" ")).to_series()


def _noun(drawing: Drawing, _name: str, spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick(spoken["nouns"], "noun")


def _adjective(drawing: Drawing, name: str, spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick(spoken["adjectives"], name).str.to_titlecase()


def _words(drawing: Drawing, name: str, spoken: dict[str, list[str]]) -> pl.Series:
    parts = [drawing.pick(spoken["adjectives"], f"{name} {n}") for n in range(4)]
    return pl.select(pl.concat_str(parts, separator=", ")).to_series()


def _person(drawing: Drawing, name: str, _spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick([f"{chr(65 + n % 26)}. Atelier {n}" for n in range(90)], name)


def _hs_code(drawing: Drawing, name: str, _spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick([f"6403{n * 97 % 10_000:04}" for n in range(40)], name)


def _ean(drawing: Drawing, _name: str, _spoken: dict[str, list[str]]) -> pl.Series:
    numbers = FIRST_EAN + drawing.numbers
    digits = [numbers // 10**place % 10 * (3 if place % 2 == 0 else 1) for place in range(12)]
    return pl.Series(numbers * 10 + (10 - np.sum(digits, axis=0) % 10) % 10).cast(pl.String)


def _size_uk(drawing: Drawing, name: str, _spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick([f"{n / 2:g}" for n in range(4, 26)], name)


def _size_us(drawing: Drawing, name: str, _spoken: dict[str, list[str]]) -> pl.Series:
    return drawing.pick([f"{n / 2:g} M" for n in range(6, 28)], name)


def _textarea(drawing: Drawing, _attribute: Planned, name: str, locale: str) -> Cells:
    sentences = words()[locale]["sentences"]
    parts = [drawing.pick(sentences, f"{name} {n}") for n in range(3)]
    text = pl.concat_str([pl.lit("<p>"), pl.concat_str(parts, separator=" "), pl.lit("</p>")])
    yield "", pl.select(text).to_series()


def _number(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    yield "", drawing.between(attribute.detail.split(":"), name)


def _metric(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    *limits, unit = attribute.detail.split(":")
    yield "", drawing.between(limits, name)
    yield "-unit", pl.repeat(unit, len(drawing.numbers), eager=True)


def _boolean(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    yes = chance(int(attribute.detail), drawing.seed, name, drawing.numbers)
    yield "", pl.Series(yes.astype(np.int64)).cast(pl.String)


def _date(drawing: Drawing, _attribute: Planned, name: str, _locale: str) -> Cells:
    days = [date.fromordinal(FIRST_DAY.toordinal() + n).isoformat() for n in range(DAYS)]
    yield "", drawing.pick(days, name)


def _select(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    yield "", drawing.pick(options(attribute), name)


def _multiselect(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    codes = options(attribute)
    first = drawing.below(len(codes), name)
    pairs = [f"{a},{b}" for a, b in zip(codes, codes[1:] + codes[:1], strict=True)]
    yield "", pl.Series([*codes, *pairs]).gather(first + len(codes) * (first % 3 == 0))


def _prices(drawing: Drawing, attribute: Planned, name: str, _locale: str) -> Cells:
    low, high = (int(part) for part in attribute.detail.split(":"))
    euros = low + drawing.below(high - low, name)
    for currency in _sold_in(name):
        amount = euros * RATES[currency] // 100
        whole = currency == "JPY"
        yield f"-{currency}", _decimal(amount if whole else amount * 100 + 95, 0 if whole else 2)


def _sold_in(name: str) -> Sequence[str]:
    channel = name.split(" ")[1]
    return CHANNELS[channel][1] if channel else tuple(RATES)


def _image(drawing: Drawing, _attribute: Planned, name: str, _locale: str) -> Cells:
    yield "", drawing.pick(pictures(), name)


def _images(drawing: Drawing, _attribute: Planned, name: str, _locale: str) -> Cells:
    files = pictures()
    pairs = [f"{a},{b}" for a, b in zip(files, files[1:] + files[:1], strict=True)]
    yield "", drawing.pick(pairs, name)


def _file(drawing: Drawing, _attribute: Planned, name: str, _locale: str) -> Cells:
    yield "", drawing.pick(certificates(), name)


def _link(drawing: Drawing, _attribute: Planned, _name: str, _locale: str) -> Cells:
    earlier = np.maximum(drawing.numbers - 1, 0)
    yield "", "product_model:" + style_codes(earlier)


def style_codes(numbers: Numbers) -> pl.Series:
    """Return the codes of styles."""
    return "G" + pl.Series(numbers).cast(pl.String).str.zfill(6)


def options(attribute: Planned) -> list[str]:
    """Return the codes of an attribute's options."""
    if attribute.code == "data_origin":
        return ["generated"]
    return [f"{attribute.code}_{number + 1:02}" for number in range(int(attribute.detail))]


def pictures() -> list[str]:
    """Return the paths of all pictures."""
    return [f"files/shoe_{number:02}.png" for number in range(1, PICTURES + 1)]


def certificates() -> list[str]:
    """Return the paths of all certificates."""
    return [f"files/certificate_{number}.pdf" for number in range(1, CERTIFICATES + 1)]


def _decimal(scaled: Numbers, decimals: int) -> pl.Series:
    """Return whole numbers, divided by a power of ten, as text."""
    if not decimals:
        return pl.Series(scaled).cast(pl.String)
    whole = pl.Series(scaled // 10**decimals).cast(pl.String)
    rest = pl.Series(scaled % 10**decimals).cast(pl.String).str.zfill(decimals)
    return whole + "." + rest


_Texts = Callable[[Drawing, str, dict[str, list[str]]], pl.Series]
_TEXTS: Final[dict[str, _Texts]] = {
    "name": _name,
    "noun": _noun,
    "adjective": _adjective,
    "words": _words,
    "person": _person,
    "hs_code": _hs_code,
    "ean": _ean,
    "size_uk": _size_uk,
    "size_us": _size_us,
}

_Kind = Callable[[Drawing, Planned, str, str], Cells]
_KINDS: Final[dict[str, _Kind]] = {
    "text": _text,
    "textarea": _textarea,
    "number": _number,
    "metric": _metric,
    "boolean": _boolean,
    "date": _date,
    "simpleselect": _select,
    "multiselect": _multiselect,
    "reference_data_simpleselect": _select,
    "reference_data_multiselect": _multiselect,
    "price_collection": _prices,
    "image": _image,
    "asset_collection": _images,
    "file": _file,
    "product_link": _link,
}
