"""From variants to rows: products' own values on the first row, pictures on as many as they need.

A product's pictures are those of all its variants, each once, in the order in which they come.
The first stands on the first row, the second on the second; those beyond the variants get rows
of their own, which hold nothing but the handle and the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from exporters.contract.writing import is_list, present, present_list, table
from exporters.shopify.columns import ALT, IMAGES, KEY, POSITION, Column

PRODUCT, ROW = "\x00product", "\x00row"
_SOURCE, _ALT = "\x00source", "\x00alt"


class Rows:
    """Render whole products."""

    def __init__(self, schema: pl.Schema, columns: Sequence[Column], template: str) -> None:
        self._schema = schema
        self._columns = columns
        self._template = template

    def head(self) -> bytes:
        """Return the row of names."""
        names = [each.header for each in self._columns]
        return table(pl.DataFrame({str(i): [name] for i, name in enumerate(names)}))

    def render(self, frame: pl.DataFrame) -> bytes:
        """Return the rows of the products in a frame; each product is in it whole."""
        numbered = frame.with_columns(product_number(frame).alias(PRODUCT)).with_columns(
            (pl.int_range(pl.len()).over(PRODUCT) + 1).alias(ROW)
        )
        cells = [self._cell(each).alias(each.target) for each in self._columns if self._own(each)]
        rows = numbered.select(PRODUCT, ROW, *cells)
        if IMAGES in self._schema:
            rows = self._with_images(rows, numbered)
        named = [pl.col(each.target).alias(str(i)) for i, each in enumerate(self._columns)]
        return table(rows.select(named), quote_style="necessary")

    def _own(self, column: Column) -> bool:
        return column.target in self._schema and column.level != "image"

    def _cell(self, column: Column) -> pl.Expr:
        if is_list(self._schema, column.target):
            text = present_list(column.target).list.join(", ").replace("", None)
        else:
            text = present(column.target)
        spelled = _spelled(text, column.kind, self._template)
        if column.level in ("product", "first"):
            return pl.when(pl.col(ROW) == 1).then(spelled)
        return spelled

    def _with_images(self, rows: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
        images = self._images(numbered)
        joined = rows.join(images, on=[PRODUCT, ROW], how="full", coalesce=True)
        sources = [pl.col(_SOURCE).alias(IMAGES), pl.col(_ALT).alias(ALT)]
        position = pl.when(pl.col(_SOURCE).is_not_null()).then(pl.col(ROW).cast(pl.String))
        ordered = joined.sort(PRODUCT, ROW).with_columns(*sources, position.alias(POSITION))
        if KEY in self._schema:  # a row that holds a picture only belongs to the product above
            ordered = ordered.with_columns(pl.col(KEY).first().over(PRODUCT))
        return ordered

    def _images(self, numbered: pl.DataFrame) -> pl.DataFrame:
        """Return product, row, source and alternative text of every picture."""
        source, alt = (self._listed(name) for name in (IMAGES, ALT))
        # Alternative texts go with the pictures; a single one says what all of them show.
        padded = (
            pl.when(alt.list.len() == 1)
            .then(pl.concat_list(alt.list.first().repeat_by(source.list.len())))
            .otherwise(
                pl.concat_list(alt, pl.lit(None, pl.String).repeat_by(source.list.len())).list.head(
                    source.list.len()
                )
            )
        )
        pairs = numbered.select(PRODUCT, source.alias(_SOURCE), padded.alias(_ALT))
        each = pairs.explode(_SOURCE, _ALT).drop_nulls(_SOURCE)
        distinct = each.unique(subset=[PRODUCT, _SOURCE], keep="first", maintain_order=True)
        row = (pl.int_range(pl.len()).over(PRODUCT) + 1).alias(ROW)
        return distinct.with_columns(row)

    def _listed(self, name: str) -> pl.Expr:
        if name not in self._schema:
            return pl.lit(pl.Series([[]], dtype=pl.List(pl.String))).first()
        if is_list(self._schema, name):
            return present_list(name).fill_null([])
        text = present(name)
        return pl.concat_list(text).list.drop_nulls()


def product_number(frame: pl.DataFrame) -> pl.Expr:
    """Return the number of each row's product; an item without a handle is a product of its own."""
    if KEY not in frame.columns:
        return pl.int_range(pl.len())
    handle = present(KEY)
    starts = handle.ne_missing(handle.shift(1)) | handle.is_null()
    return starts.cum_sum()


def whole_products(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield frames cut between products: the last product of each waits for the next frame."""
    rest: pl.DataFrame | None = None
    for frame in frames:
        together = frame if rest is None or rest.is_empty() else pl.concat([rest, frame])
        numbers = together.select(product_number(together)).to_series()
        ends = int((numbers == numbers[-1]).arg_max() or 0) if len(numbers) else 0
        yield together[:ends]
        rest = together[ends:]
    if rest is not None:
        yield rest


def _spelled(text: pl.Expr, kind: str, template: str) -> pl.Expr:
    if kind == "boolean" or (kind == "policy" and template == "current"):
        return text.str.to_uppercase()
    return text.str.to_lowercase() if kind in ("lower", "policy") else text
