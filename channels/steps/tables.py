"""Tables in a feed's document, asked from the most particular key to the most general.

A key may have parts with slashes between: with the parts `nordvik` and `women`, the value 38 is
looked for as `nordvik/women/38`, `nordvik/38`, `women/38` and `38`. Capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import Any

import polars as pl

from channels.steps.contract import Context
from channels.steps.reading import unknown_name
from pim.domain.violations import Violation

Table = Mapping[str, str]


def table_of(given: Table | str, context: Context) -> dict[str, str]:
    """Return a table, or the feed's lookup of that name, its keys in lower case."""
    table = context.lookups.get(given, {}) if isinstance(given, str) else given
    return {key.casefold(): value for key, value in table.items()}


def table_problems(given: Table | str | None, context: Context, path: str) -> Iterator[Violation]:
    """Yield a named table that the feed lacks."""
    if isinstance(given, str) and given not in context.lookups:
        yield unknown_name("lookup", given, context.lookups, path)


def number_problems(table: Mapping[str, str], path: str) -> Iterator[Violation]:
    """Yield entries that are no number, or below zero."""
    for key, value in table.items():
        number = number_in(value)
        if number is None or number < 0:
            yield Violation(
                code="mapping.bad_number",
                path=f"{path}.{key}",
                message='"{value}" is not a number that can stand here',
                parameters={"value": value},
                value=value,
                mend="Write digits with a dot as decimal sign, such as 20 or 0.8461",
            )


def number_in(text: str) -> Decimal | None:
    """Return the finite number that a text spells."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def keys(parts: Sequence[pl.Expr | str], value: pl.Expr | None = None) -> list[pl.Expr]:
    """Return the keys to look for, the most particular first; null where a part is empty.

    Without `value` a part is the last thing of each key.
    """
    chosen = [each for n in range(len(parts), -1, -1) for each in combinations(parts, n)]
    found = [[*each, value] if value is not None else list(each) for each in chosen]
    return [_joined(each) for each in found if each]


def _joined(parts: Sequence[Any]) -> pl.Expr:
    texts = [
        pl.lit(part.casefold()) if isinstance(part, str) else part.str.to_lowercase()
        for part in parts
    ]
    return texts[0] if len(texts) == 1 else pl.concat_str(texts, separator="/")


def looked_up(found: Sequence[pl.Expr], table: Mapping[str, Any], dtype: Any) -> pl.Expr:
    """Return what a table says of the first key that it knows; null without any."""
    if not table:
        return pl.lit(None, dtype=dtype)
    return pl.coalesce(
        [key.replace_strict(dict(table), default=None, return_dtype=dtype) for key in found]
    )
