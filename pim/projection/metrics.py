"""Compare amounts of a measurement family exactly, whatever their units."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import polars as pl

from pim.domain import decimals, measurement
from pim.domain.conditions import Leaf
from pim.domain.structure import Attribute, Structure
from pim.projection.columns import AMOUNT, UNIT

#: Comparisons by their sign, of numbers and of expressions alike.
ORDER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


def compared(amount: pl.Expr, leaf: Leaf, attribute: Attribute, structure: Structure) -> pl.Expr:
    """Return whether an amount compares as the leaf says, both in the standard unit.

    Amounts in the standard unit are compared as columns. Every other distinct pair of amount and
    unit is converted once, exactly, by the same code as for a single product.
    """
    bound = measurement.standard_amount(leaf.value, attribute, structure)
    family = measurement.family_of(attribute, structure)
    if bound is None or family is None:
        return pl.lit(False)
    holds = ORDER[leaf.operator]
    standard = family.standard_unit if decimals.fits(bound) else None

    def test(pair: pl.Series) -> pl.Series:
        frame = pl.DataFrame(dict(zip(("amount", "unit"), pair.struct.unnest(), strict=True)))
        plain = (pl.col("unit") == pl.lit(standard, dtype=pl.String)).fill_null(False)
        converted = _converted(frame.filter(~plain), attribute, structure)
        tests = [known is not None and holds(known, bound) for known in converted["standard"]]
        others = converted.select("amount", "unit").with_columns(
            pl.Series("other", tests, dtype=pl.Boolean)
        )
        both = frame.join(others, on=["amount", "unit"], how="left", maintain_order="left")
        direct = holds(pl.col("amount"), pl.lit(bound if standard else 0, dtype=AMOUNT))
        return both.select(pl.when(plain).then(direct).otherwise("other")).to_series()

    unit = pl.col(f"{amount.meta.output_name()}-{UNIT}")
    pair = pl.struct(amount.alias("amount"), unit.alias("unit"))
    return pair.map_batches(test, return_dtype=pl.Boolean())


def _converted(frame: pl.DataFrame, attribute: Attribute, structure: Structure) -> pl.DataFrame:
    """Return the distinct pairs of amount and unit with the amount in the standard unit."""
    pairs = frame.unique().drop_nulls()
    amounts: list[Decimal | None] = [
        measurement.standard_amount({"amount": amount, "unit": unit}, attribute, structure)
        for amount, unit in pairs.rows()
    ]
    return pairs.with_columns(pl.Series("standard", amounts, dtype=pl.Object))
