"""Products that drops withhold: as if they were not there, until their moment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import polars as pl

from pim.projection.catalogue import PRODUCT_LEVELS, PRODUCTS, Catalogue
from pim.projection.columns import SYSTEM, Column

if TYPE_CHECKING:
    from pim.projection.reading import Reading

LINK: Final = "pim_catalog_product_link"

#: What other products may call a product, or a model of it, by.
_NAMES: Final = tuple(
    Column(name=name, dtype=SYSTEM[name]) for name in ("identifier", "parent_code", "root_code")
)


class Visible(Catalogue):
    """A catalogue without some of its products; its columns, pieces and models stay.

    `withheld` says of every stored product whether it is left out.
    """

    def __init__(self, whole: Catalogue, withheld: pl.Series) -> None:
        products = whole.products
        vars(self).update(vars(whole))
        self.memory = {}
        self._whole, self._withheld = whole, withheld
        out = withheld.gather(products["row"])
        vars(self)["products"] = products.filter(~out)
        #: Ids of the products that are left out, in order.
        self.withheld: pl.Series = products["id"].filter(out)

    def is_whole(self, side: int) -> bool:
        """Tell whether every stored row is shown."""
        return side != PRODUCTS and self._whole.is_whole(side)

    def alive(self, side: int) -> pl.Series:
        """Tell of every stored row whether it is shown."""
        found = self._whole.alive(side)
        return found & ~self._withheld if side == PRODUCTS else found


class Hidden:
    """Names that may not be told: of products that are withheld, and of models of these alone."""

    def __init__(self, base: Reading, visible: Visible) -> None:
        self._base, self._visible = base, visible

    @cached_property
    def names(self) -> pl.Series:
        """Return them in lower case."""
        out = _named(self._base, self._visible.withheld)
        shown = _named(self._base, self._visible.products["id"], but="identifier")
        return out.filter(~out.is_in(shown.implode()))

    def without(self, column: pl.Series) -> pl.Series:
        """Return a column of links without those to hidden ones."""
        told = column.str.to_lowercase().is_in(self.names.implode())
        return pl.select(pl.when(~told).then(column).alias(column.name)).to_series()


def is_link(column: Column) -> bool:
    """Tell whether a column names other products."""
    return column.attribute is not None and column.attribute.type == LINK


def linking(base: Reading, products: pl.Series, columns: list[Column]) -> pl.Series:
    """Return the products that have a link to any of these, or to a model of theirs."""
    links = [column for column in columns if is_link(column)]
    found = products.clear()
    if not links:
        return found
    names = _named(base, products)
    frame = base.columns([Column(name="id", dtype=SYSTEM["id"]), *links], None, PRODUCT_LEVELS)
    met = (pl.col(c.name).str.to_lowercase().is_in(names.implode()) for c in links)
    return frame.filter(pl.any_horizontal(*met))["id"]


def _named(base: Reading, products: pl.Series, *, but: str = "") -> pl.Series:
    """Return by what names others may call products or their models, in lower case."""
    columns = [column for column in _NAMES if column.name != but]
    frame = base.columns(columns, products, PRODUCT_LEVELS)
    every = [frame[column.name].alias("name") for column in columns]
    return pl.concat(every).drop_nulls().str.to_lowercase().unique()
