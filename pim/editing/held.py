"""What rules hold of the rows of a chunk, asked once before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.editing.targets import MODEL_LEVELS
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES
from pim.rules.guard import Guards, Held


@dataclass(frozen=True)
class Holding:
    """Asks guards about rows and the models above them."""

    guards: Guards

    def of_rows(self, session: Session, rows: pl.DataFrame, columns: Iterable[str]) -> Held:
        """Return what is held of rows and of the owners that an operation may write for them."""
        names = list(columns)
        if not self.guards.over(names):
            return {}
        of_models = pl.col("level").is_in(MODEL_LEVELS)
        products = rows.filter(~of_models)["id"].to_list()
        owners = [rows.filter(of_models)["id"], rows["parent"], rows["root"]]
        models = pl.concat(owners).drop_nulls().unique().sort().to_list()
        return {
            **self.guards.held(session, "product", products, names),
            **self.guards.held(session, "product_model", models, names),
        }


def named(session: Session, kind: int, ids: Sequence[int]) -> pl.DataFrame:
    """Return id, identifier and level of products or models, in order of id."""
    upper, lower = {MODEL: ("model", "sub_model"), PRODUCT: ("simple", "variant")}[kind]
    query = (
        f"SELECT id, {NAMES[kind]}, CASE WHEN parent_id IS NULL THEN '{upper}' ELSE '{lower}' END"  # noqa: S608
        f" FROM {TABLES[kind]} WHERE id = ANY(:ids) ORDER BY id"
    )
    found = session.execute(text(query), {"ids": list(ids)})
    schema = {"id": pl.Int64, "identifier": pl.String, "level": pl.String}
    return pl.DataFrame([tuple(row) for row in found], schema=schema, orient="row")
