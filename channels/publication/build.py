"""From products to finished items: mapped, checked, hashed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy.orm import Session

from channels.checking.check import carry_out
from channels.checking.result import Checked
from channels.feeds.definition import Definition
from channels.mapping.compiled import CompiledMapping
from channels.past_prices.columns import with_past_prices
from channels.publication.ledger import content_hash
from channels.publication.selection import GROUP_OF_LEVEL, SKUS
from pim.projection import Reading

#: Gives columns by name of the products with these ids, in the order of the ids.
Rows = Callable[[Sequence[str], pl.Series], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Built:
    """A feed's items.

    `items` has the targets only; `keys` has product, item and hash, row by row the same;
    `selected` counts the items before checks; `rejected` are the products whose items checks keep
    out.
    """

    items: pl.DataFrame
    keys: pl.DataFrame
    checked: Checked
    selected: int
    rejected: pl.Series


def build(
    reading: Reading,
    definition: Definition,
    products: pl.Series,
    *,
    as_of: datetime,
    beside: pl.Series | None = None,
    rows: Rows | None = None,
    history: Session | None = None,
) -> Built:
    """Map and check the items of these products, in the stable order of their ids.

    `beside` are products that aggregates look at, too, and that give no items. `rows` gives the
    columns of products, by default from the reading. `history` is where prices gone by are read;
    without it they are empty.
    """
    compiled = definition.compile(as_of)
    rows = rows or (lambda names, ids: reading.frame(names, ids=ids, levels=SKUS))
    if history is not None:
        rows = _with_history(rows, compiled, history, as_of, reading)
    frame, mapped = _mapped(rows, definition, compiled, products, beside)
    checked = carry_out(definition.checks(mapped), mapped, group=frame["root"])
    keys = pl.DataFrame(
        {
            "product": frame["id"].gather(checked.kept),
            "item": checked.frame[definition.item_id],
            "hash": content_hash(checked.frame),
        }
    )
    out = ~pl.int_range(mapped.height, eager=True).is_in(checked.kept.implode())
    return Built(
        items=checked.frame,
        keys=keys,
        checked=checked,
        selected=mapped.height,
        rejected=frame["id"].filter(out),
    )


def _with_history(
    rows: Rows, compiled: CompiledMapping, history: Session, now: datetime, reading: Reading
) -> Rows:
    def read(names: Sequence[str], ids: pl.Series) -> pl.DataFrame:
        return with_past_prices(rows(names, ids), compiled, history, now, reading=reading)

    return read


def _mapped(
    rows: Rows,
    definition: Definition,
    compiled: CompiledMapping,
    products: pl.Series,
    beside: pl.Series | None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the products' frame and their items; of a style or colourway its first variant."""
    group = GROUP_OF_LEVEL[definition.level]
    system = {"id", "root", *([group] if group else [])}
    ids = products if beside is None else pl.concat([products, beside]).unique().sort()
    frame = rows(sorted(compiled.columns | system), ids)
    mapped = compiled.apply(frame)
    if beside is not None:
        asked = frame["id"].is_in(products.implode())
        frame, mapped = frame.filter(asked), mapped.filter(asked)
    if group is None:
        return frame, mapped
    first = frame.select(
        pl.coalesce(group, "id").is_first_distinct().arg_true().alias("row")
    ).to_series()
    return frame[first], mapped[first]
