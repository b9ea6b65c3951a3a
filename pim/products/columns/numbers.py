"""Numbers, measurements and prices, a whole column at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import orjson
import polars as pl

from pim.domain import decimals, measurement
from pim.domain.attribute_types import properties
from pim.domain.structure import Attribute, Structure

#: What decides quickly; rarer spellings (".5", more zeros) are left to the scalar check.
PLAIN: Final = r"^[+-]?[0-9]{1,28}(\.[0-9]{0,10})?$"

RANGE: Final = pl.Decimal(38, decimals.FRACTION_DIGITS)


def nothing(height: int) -> pl.Series:
    """Return a column that decides no row."""
    return pl.repeat(None, height, dtype=pl.String, eager=True)


def exact(cells: pl.Series, sign: str) -> pl.Series:
    """Return the numbers that cells plainly spell as Decimal(38, 10), null for every other."""
    text = cells.str.strip_chars()
    plain = text if sign == "." else text.str.replace(sign, ".", literal=True)
    good = plain.str.contains(PLAIN)
    if sign != ".":
        good &= ~text.str.contains(".", literal=True)
    return _where(good, plain).cast(RANGE, strict=False)


def allowed(numbers: pl.Series, attribute: Attribute) -> pl.Series:
    """Return the numbers that the attribute allows in canonical text, null for every other."""
    good = numbers.is_not_null()
    least = properties.number(attribute, "number_min")
    most = properties.number(attribute, "number_max")
    if not properties.flag(attribute, "negative_allowed", default=True):
        least = max(least or Decimal(0), Decimal(0))
    if least is not None:
        good &= numbers >= _limit(least)
    if most is not None:
        good &= numbers <= _limit(most)
    text = canonical(_where(good, numbers))
    if properties.flag(attribute, "decimals_allowed", default=True):
        return text
    return whole(text)


def canonical(numbers: pl.Series) -> pl.Series:
    """Return Decimal(38, 10) as canonical text."""
    return numbers.cast(pl.String).str.strip_chars_end("0").str.strip_suffix(".")


def whole(text: pl.Series) -> pl.Series:
    """Return canonical numbers without decimals, null for every other."""
    return _where(~text.str.contains(".", literal=True), text)


def number(cells: pl.Series, attribute: Attribute, sign: str) -> pl.Series:
    """Return the JSON of numbers that the attribute allows."""
    return _quoted(allowed(exact(cells, sign), attribute))


def metric(
    amounts: pl.Series,
    units: pl.Series | None,
    attribute: Attribute,
    structure: Structure,
    sign: str,
) -> pl.Series:
    """Return the JSON of measurements; without a column of units the default unit is meant."""
    family = measurement.family_of(attribute, structure)
    if family is None:
        return nothing(amounts.len())
    if units is None:
        default = family.units.get(properties.text(attribute, "default_metric_unit"))
        units = nothing(amounts.len()).fill_null(default.code if default else None)
    known = {
        text: _json(found.code)
        for text in units.unique()
        if text and (found := family.units.get(text.strip()))
    }
    codes = units.replace_strict(known, default=None, return_dtype=pl.String)
    values = allowed(exact(amounts, sign), attribute)
    return pl.select(
        pl.concat_str(
            pl.lit('{"amount":"'),
            values,
            pl.lit('","unit":'),
            codes,
            pl.lit("}"),
            ignore_nulls=False,
        )
    ).to_series()


def prices(
    cells: Mapping[str, pl.Series], attribute: Attribute, structure: Structure, sign: str
) -> pl.Series:
    """Return the JSON of prices by currency, null for rows where any is in doubt or all blank."""
    height = next(iter(cells.values())).len()
    found = {suffix: structure.currencies.get(suffix) for suffix in cells}
    known = {c.code: (c, cells[suffix]) for suffix, c in found.items() if c and c.active}
    if len(known) < len(cells):
        return nothing(height)
    members, good = [], pl.repeat(value=True, n=height, eager=True)
    for code, (currency, texts) in sorted(known.items()):
        amounts = allowed(exact(texts, sign), attribute)
        amounts = whole(amounts) if currency.decimals == 0 else amounts
        good &= blank(texts) | amounts.is_not_null()
        members.append(pl.lit(f"{_json(code)}:") + _quoted(amounts))
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return _where(good, pl.select(pl.lit("{") + joined + pl.lit("}")).to_series())


def blank(cells: pl.Series) -> pl.Series:
    """Tell which cells hold nothing but blanks."""
    return (cells.str.strip_chars() == "").fill_null(value=True)


def _limit(number: Decimal) -> pl.Series:
    """Return a limit that columns compare with; null, which nothing meets, beyond the range."""
    text = decimals.canonical(number) if decimals.fits(number) else None
    return pl.Series([text], dtype=pl.String).cast(RANGE)


def _where(good: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(good).then(values)).to_series()


def _quoted(numbers: pl.Series) -> pl.Series:
    return pl.select(pl.format('"{}"', numbers)).to_series()


def _json(data: Any) -> str:
    return orjson.dumps(data).decode()
