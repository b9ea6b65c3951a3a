"""Checks of one value by itself: true where the text breaks the rule; absent values pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import add
from typing import Any

import polars as pl

from exporters.contract import FORMATS, Check
from exporters.contract.checks import Kind
from pim.projection.columns import AMOUNT

ElementCheck = Callable[[pl.Expr, Mapping[str, Any]], pl.Expr]

_NUMBER = r"^(-?[0-9]+(?:\.[0-9]+)?)(?: |$)"
_SIX = 10**6
#: U+0000-0008, 000B, 000C, 000E-001F, FFFE, FFFF: what XML 1.0 cannot hold.
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"


def number(text: pl.Expr) -> pl.Expr:
    """Return the number of a number, price or measure: what stands before the first space."""
    return text.str.extract(_NUMBER).cast(AMOUNT, strict=False)


def wrong_check_digit(text: pl.Expr) -> pl.Expr:
    """Tell whether the last digit is not the GS1 modulo 10 check digit of those before it.

    Weights are 3, 1, 3, ... from the digit before the last, leftwards. Source: GS1 General
    Specifications, section 7.9. Text that is not of 2 to 18 ASCII digits passes.
    """
    digits = pl.when(text.str.contains("^[0-9]{2,18}$")).then(text).cast(pl.Int64, strict=False)
    # Six digits at a time: as their number is even, each six are weighted alike.
    sixes = (digits % _SIX, digits // _SIX % _SIX, digits // _SIX**2)
    total = reduce(add, (pl.lit(_weighted()).gather(six) for six in sixes))
    return total % 10 != 0


@cache
def _weighted() -> pl.Series:
    """Return the weighted sum of the digits of every number below a million."""
    number = pl.int_range(_SIX, dtype=pl.UInt32)
    places = (number // 10**place % 10 * (3 if place % 2 else 1) for place in range(6))
    return pl.select(reduce(add, places).cast(pl.UInt16)).to_series()


def _mismatch(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    return text.str.contains(parameters["pattern"]).not_()


def _size(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    return text.str.len_bytes() if parameters["unit"] == "bytes" else text.str.len_chars()


def _wrong_digits(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    plain = text.str.contains("^[0-9]+$")
    return (plain & text.str.len_bytes().is_in(list(parameters["lengths"]))).not_()


def _wrong_currency(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    return _is("price", text) & (text.str.slice(-3) != pl.lit(parameters.get("currency")))


def _wrong_check_digit(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    return wrong_check_digit(text)


def _has_control_characters(text: pl.Expr, parameters: Mapping[str, Any]) -> pl.Expr:
    return text.str.contains(_FORBIDDEN)


def _is(kind: Kind, text: pl.Expr) -> pl.Expr:
    return text.str.contains(FORMATS[kind])


#: Checks of single values, by name. Lists are checked element by element.
ELEMENT_CHECKS: Mapping[Check, ElementCheck] = {
    "format": _mismatch,
    "pattern": _mismatch,
    "enumeration": lambda text, p: text.is_in(list(p["values"])).not_(),
    "min_length": lambda text, p: _size(text, p) < p["limit"],
    "max_length": lambda text, p: _size(text, p) > p["limit"],
    "minimum": lambda text, p: number(text) < pl.lit(p["limit"], dtype=AMOUNT),
    "above": lambda text, p: number(text) <= pl.lit(p["limit"], dtype=AMOUNT),
    "maximum": lambda text, p: number(text) > pl.lit(p["limit"], dtype=AMOUNT),
    "digits": _wrong_digits,
    "check_digit": _wrong_check_digit,
    "currency": _wrong_currency,
    "control_characters": _has_control_characters,
}
