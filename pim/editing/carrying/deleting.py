"""Put products and models into the bin, lowest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import orjson
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.decided import Decided
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import CHANGED, INVALID, Shown
from pim.products import writer
from pim.products.models import MODEL, PRODUCT

#: Who links to what is deleted is looked up for chunks of at most so many rows.
LOOKED_UP: Final = 2_000
#: Of those who link, so many are named.
NAMED: Final = 5

_GONE: Final = '{"deleted": true}'
_THERE: Final = '{"deleted": null}'


class DeleteOutcomes:
    """Outcomes of a deletion: how many stand below and stay, how many go along, who links here."""

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row."""
        staying, along, links = (orjson.loads(text or "null") for text in texts)
        if staying:
            return Outcome(None, None, 0, 0, 1, (_held(staying),))
        told = [_along(along)] if along else []
        told += [_linked(**links)] if links else []
        return Outcome(_THERE, _GONE, 1, 0, 0, tuple(told))


class DeleteRows(Rows):
    """Rows that go into the bin; products of a chunk are decided before its models."""

    def __init__(self) -> None:
        super().__init__(DeleteOutcomes(), ("*",))
        self._products = pl.DataFrame(schema={"id": pl.Int64, "parent": pl.Int64})

    def reads(self, reader: CellReader) -> list[str]:
        """Return nothing: what is asked of rows is asked by `_read`."""
        return []

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return that the row goes, or why it stays."""
        fault = next(iter(outcome.violations), None)
        why = (fault.code, fault.text, fault.mend_text) if fault else (None, None, None)
        state = INVALID if outcome.invalid else CHANGED
        return [Shown("*", None, None, "deleted", None, outcome.after and "true", state, *why)]

    def put(self, session: Session, change_set_id: int, decided: Decided) -> None:
        """Delete what was decided, models from the lowest level up."""
        ids = decided.rows.filter(pl.col("after").is_not_null())["id"].to_list()
        parts = [ids] if decided.kind == PRODUCT else _lowest_first(session, ids)
        for part in parts:
            writer.delete(session, change_set_id=change_set_id, kind=decided.kind, ids=part)

    def _read(
        self, session: Session, structure: Structure, kind: int, ids: Sequence[int], *, hold: bool
    ) -> pl.DataFrame:
        """Return id, name, below, then staying, along and links as JSON texts."""
        del structure
        query = _ROWS[kind] + (" FOR UPDATE OF e" if hold else "")
        rows = pl.DataFrame(
            [tuple(row) for row in session.execute(text(query), {"ids": list(ids)})],
            schema={"id": pl.Int64, "name": pl.String, "parent": pl.Int64}, orient="row",
        )  # fmt: skip
        if kind == PRODUCT:
            self._products = rows.select("id", "parent")
            below = _nothing_below(rows)
        else:
            below = self._below(session, rows)
        links = _links(session, [*self._products["id"], *ids], ids)
        found = rows.join(below, on="id", maintain_order="left").join(
            links, on="id", how="left", maintain_order="left"
        )
        return found.select(
            "id", "name", pl.col("parent").is_not_null().alias("below"),
            pl.col("staying").cast(pl.String).alias("text0"),
            pl.col("along").alias("text1"), pl.col("links").alias("text2"),
        )  # fmt: skip

    def _below(self, session: Session, models: pl.DataFrame) -> pl.DataFrame:
        """Return of each model what stands below it: how many stay, and what goes along."""
        going = [*self._products["id"], *models["id"]]
        asked = {"ids": models["id"].to_list(), "going": going}
        staying = pl.DataFrame(
            [tuple(row) for row in session.execute(_STAYING, asked)],
            schema={"id": pl.Int64, "staying": pl.Int64}, orient="row",
        )  # fmt: skip
        direct = self._products.group_by("parent").agg(pl.len().cast(pl.Int64).alias("products"))
        own = models.join(direct, left_on="id", right_on="parent", how="left").fill_null(0)
        nested = own.group_by("parent").agg(
            pl.len().cast(pl.Int64).alias("colourways"), pl.col("products").sum().alias("lower")
        )
        joined = own.join(nested, left_on="id", right_on="parent", how="left")
        counts = joined.with_columns(pl.col("colourways", "lower").fill_null(0)).select(
            "id", "colourways", pl.col("products") + pl.col("lower")
        )
        some = (pl.col("colourways") + pl.col("products")) > 0
        along = pl.struct("products", "colourways").struct.json_encode()
        return counts.select("id", pl.when(some).then(along).alias("along")).join(
            staying, on="id", maintain_order="left"
        )


def _nothing_below(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "id", pl.lit(None, dtype=pl.String).alias("along"), pl.lit(0, pl.Int64).alias("staying")
    )


def _links(session: Session, going: Sequence[int], ids: Sequence[int]) -> pl.DataFrame:
    """Return who links to these rows and stays: id and a JSON text."""
    given = {"ids": list(ids), "going": list(going), "named": NAMED}
    found = session.execute(_LINKS, given).all() if len(ids) <= LOOKED_UP else []
    rows = [tuple(row) for row in found]
    return pl.DataFrame(rows, schema={"id": pl.Int64, "links": pl.String}, orient="row")


def _lowest_first(session: Session, ids: list[int]) -> Iterator[list[int]]:
    lower = list(session.scalars(_LOWER, {"ids": ids}))
    yield lower
    yield sorted(set(ids) - set(lower))


def _held(count: int) -> Violation:
    return Violation(
        code="stands_below",
        path="*",
        message="{count} that were not chosen stand below it, so it stays.",
        parameters={"count": count},
        mend="Choose them as well, or give them another parent first.",
    )


def _along(counts: dict[str, int]) -> Violation:
    return Violation(
        code="taken_along",
        path="*",
        message="What stands below it goes with it: {colourways} colourways, {products} products.",
        parameters=counts,
        mend="Choose single products to keep the others; pim bin restore brings all back.",
        severity="warning",
    )


def _linked(count: int, names: list[str]) -> Violation:
    return Violation(
        code="linked_from",
        path="associations",
        message="{count} others have a link to it, which leads nowhere then: {names}.",
        parameters={"count": count, "names": ", ".join(names)},
        mend="The links work again once it is restored; take them off if it is gone for good.",
        severity="warning",
    )


_ROWS: Final = {
    PRODUCT: "SELECT e.id, e.identifier, e.parent_id FROM product e WHERE e.id = ANY(:ids)"
    " ORDER BY e.id",
    MODEL: "SELECT e.id, e.code, e.parent_id FROM product_model e WHERE e.id = ANY(:ids)"
    " ORDER BY e.id",
}

_STAYING = text(
    """
    SELECT e.id, (
        SELECT count(*) FROM product_model s
        WHERE s.parent_id = e.id AND s.id <> ALL(CAST(:going AS bigint[]))
    ) + (
        SELECT count(*) FROM product p
        WHERE p.parent_id IN (
            SELECT e.id UNION ALL SELECT s.id FROM product_model s WHERE s.parent_id = e.id)
          AND p.id <> ALL(CAST(:going AS bigint[]))
    )
    FROM product_model e WHERE e.id = ANY(:ids)
    """
)

_LOWER = text(
    "SELECT id FROM product_model WHERE id = ANY(:ids) AND parent_id IS NOT NULL ORDER BY id"
)

# Partial indexes know the few that link at all.
_LINKS = text(
    """
    WITH links AS (
        SELECT DISTINCT m.key::bigint AS target, e.name
        FROM (
            SELECT id, identifier AS name, associations FROM product
            WHERE associations <> '{}'::jsonb
            UNION ALL
            SELECT id, code, associations FROM product_model
            WHERE associations <> '{}'::jsonb
        ) e, jsonb_each(e.associations) t, jsonb_each(t.value) s, jsonb_each(s.value) m
        WHERE s.key IN ('products', 'product_models')
          AND m.key = ANY(CAST(CAST(:ids AS bigint[]) AS text[]))
          AND e.id <> ALL(CAST(:going AS bigint[]))
    )
    SELECT target, jsonb_build_object('count', count(*),
        'names', to_jsonb((array_agg(name ORDER BY name))[1 : :named]))::text
    FROM links GROUP BY target
    """
)
