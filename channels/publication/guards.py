"""Guards: a publication that looks wrong is held, and the old files stay."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from channels.feeds.definition import Guards

_ZERO = r"^[^0-9]*0+([.,]0+)*[^0-9]*$"


def reasons_to_hold(
    guards: Guards,
    *,
    items: pl.DataFrame,
    count: int,
    selected: int,
    before: int | None,
    price_targets: tuple[str, ...],
) -> Iterator[str]:
    """Yield why these items should not go out, in words for people.

    `count` is how many items the destination will have afterwards: in a delta more than `items`,
    which are looked at. `selected` counts the looked at before checks, `before` what the
    destination has now (None: it was never told anything).
    """
    if guards.min_items is not None and count < guards.min_items:
        yield f"There would be {count} items, fewer than {guards.min_items}."
    if guards.max_drop_percent is not None and before:
        drop = Decimal(before - count) * 100 / before
        if drop > guards.max_drop_percent:
            yield (
                f"Items fall from {before} to {count} ({drop:.1f} %), "
                f"more than {guards.max_drop_percent} %."
            )
    if guards.max_errors_percent is not None and selected:
        out = selected - items.height
        lost = Decimal(out) * 100 / selected
        if lost > guards.max_errors_percent:
            yield (
                f"Errors keep out {out} of {selected} items ({lost:.1f} %), "
                f"more than {guards.max_errors_percent} %."
            )
    if guards.max_zero_prices is not None:
        zeros = zero_prices(items, price_targets)
        if zeros > guards.max_zero_prices:
            yield f"{zeros} items have a price of zero, more than {guards.max_zero_prices}."


def zero_prices(items: pl.DataFrame, targets: tuple[str, ...]) -> int:
    """Count items with a price of zero in any of the price targets."""
    columns = [t for t in targets if items.schema.get(t) == pl.String]
    if not columns:
        return 0
    zero = pl.any_horizontal(pl.col(c).str.contains(_ZERO).fill_null(value=False) for c in columns)
    return int(items.select(zero.sum()).item())
