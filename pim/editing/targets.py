"""Which rows an operation writes: the owners of its attribute above the selected products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pim.domain.operations import CellOperation, Operation
from pim.products.models import MODEL, PRODUCT
from pim.projection import Reading

#: How far above the product the owner stands: the product itself, its parent, its root.
SELF, PARENT, ROOT, NONE = 0, 1, 2, -1


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The entities that one operation writes, by kind; `unowned` selected products have no owner."""

    products: pl.Series
    models: pl.Series
    unowned: int = 0

    def chunks(self, size: int) -> Iterator[tuple[int, list[int]]]:
        """Yield (kind, ids) in pieces of at most `size`, models first."""
        for kind, ids in ((MODEL, self.models), (PRODUCT, self.products)):
            for at in range(0, ids.len(), size):
                yield kind, ids.slice(at, size).to_list()

    @property
    def total(self) -> int:
        """Return how many entities these are."""
        return self.products.len() + self.models.len()


class Ownership:
    """The selected products with those above them, read once for all operations."""

    def __init__(self, reading: Reading, ids: pl.Series) -> None:
        self._structure = reading.structure
        columns = ["id", "parent", "root", "family", "family_variant"]
        self._frame = reading.frame(columns, ids=ids)

    def of(self, operation: Operation) -> Targets:
        """Return what an operation writes: the owners of its attribute, or the products."""
        if not isinstance(operation, CellOperation):
            none = pl.Series("id", [], dtype=pl.Int64)
            return Targets(products=self._frame["id"], models=none)
        steps = self._steps(operation.field)
        frame = self._frame.with_columns(steps.alias("steps"))
        models = pl.concat(
            [
                frame.filter(pl.col("steps") == PARENT)["parent"].alias("id"),
                frame.filter(pl.col("steps") == ROOT)["root"].alias("id"),
            ]
        )
        return Targets(
            products=frame.filter(pl.col("steps") == SELF)["id"],
            models=models.unique().sort(),
            unowned=int((frame["steps"] == NONE).sum()),
        )

    def _steps(self, attribute: str) -> pl.Series:
        """Return for each product how far up the attribute's owner is."""
        families = [f.id for f in self._structure.families if attribute in f.attributes]
        distance = {
            v.id: len(v.levels) - v.owner(attribute) for v in self._structure.family_variants
        }
        upwards = pl.col("family_variant").replace_strict(
            distance, default=None, return_dtype=pl.Int8
        )
        # Two steps up from a variant is its root; one step up in a one-level variant is as well.
        return self._frame.select(
            pl.when(pl.col("family").is_not_null() & ~pl.col("family").is_in(families))
            .then(NONE)
            .when(pl.col("parent").is_null())
            .then(SELF)
            .otherwise(upwards)
            .cast(pl.Int8)
            .alias("steps")
        ).to_series()


