"""What the rows of a chunk were when they were exported: what stands now, taken back by history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.db.copy import fetch, number_array, text_array
from pim.domain.values import Cell, merge
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES

#: Where the patches of an entity's own fields and of its links stand among those of values.
OWN, LINKS = "=own", "=links"

#: Between the patches of one cell.
END: Final = "\x1e"


@dataclass(frozen=True, kw_only=True)
class Past:
    """The changes since some rows were exported, cell by cell.

    `ids` is each row's entity, null for a row that does not tell its version. `leaves` has `id`,
    `to_version`, `attribute`, `channel`, `locale`, `data`, the JSON of the patch back, and `own`:
    it was an earlier import of the same file by the same person.
    """

    ids: pl.Series
    leaves: pl.DataFrame
    _by_cell: dict[Cell, pl.DataFrame] = field(default_factory=dict, init=False)

    @cached_property
    def marked(self) -> pl.Series:
        """Return whether each row tells its version."""
        return self.ids.is_not_null()

    def touches(self, cell: Cell) -> bool:
        """Tell whether anybody changed a cell of any of the rows since."""
        return cell in self._patches

    def base(self, cell: Cell, now: pl.Series) -> pl.Series:
        """Return the JSON text that each row showed, given the (canonical) one of now."""
        patches = self._patches.get(cell)
        if patches is None:
            return now
        rows = pl.DataFrame({"id": self.ids, "now": now}).join(
            patches, on="id", how="left", maintain_order="left"
        )
        known = rows.filter(pl.col("data").is_not_null()).select("now", "data").unique()
        texts = [taken_back(*row) for row in known.rows()]
        was = known.with_columns(pl.Series("was", texts, dtype=pl.String))
        joined = rows.join(
            was, on=["now", "data"], how="left", nulls_equal=True, maintain_order="left"
        )
        changed = pl.col("data").is_not_null()
        return joined.select(pl.when(changed).then("was").otherwise("now")).to_series()

    def known(self, cell: Cell, now: pl.Series, *, by_parts: bool = False) -> pl.Series:
        """Return what of each row's cell only earlier imports of the same sheet have written.

        Who goes on editing a sheet after its import knows what that has written: JSON texts, with
        `by_parts` of the parts concerned; null where others wrote, too, or nobody did.
        """
        patches = self._patches.get(cell)
        if patches is None or not (patches["mine"] != "").any():
            return pl.repeat(None, self.ids.len(), dtype=pl.String, eager=True)
        rows = pl.DataFrame({"id": self.ids, "now": now}).join(
            patches, on="id", how="left", maintain_order="left"
        )
        told = rows.select("now", "mine", "others").unique()
        texts = [_known(*row, by_parts=by_parts) if row[1] else None for row in told.rows()]
        known = told.with_columns(pl.Series("known", texts, dtype=pl.String))
        return rows.join(
            known, on=told.columns, how="left", nulls_equal=True, maintain_order="left"
        )["known"]

    def only_own(self, cell: Cell, entity: int) -> bool:
        """Tell whether only earlier imports of the same sheet have written an entity's cell."""
        patches = self._patches.get(cell)
        if patches is None:
            return False
        told = patches.filter(pl.col("id") == entity)
        return told.height > 0 and told["others"][0] == ""

    def patches_of(self, cell: Cell) -> Mapping[int, str]:
        """Return the patches back of one cell, by entity, as `taken_back` takes them."""
        patches = self._patches.get(cell)
        return {} if patches is None else dict(patches.select("id", "data").rows())

    @cached_property
    def _patches(self) -> Mapping[Cell, pl.DataFrame]:
        """Return for each cell `id` and `data`, the patches back from the newest on.

        `mine` and `others` are those of them that are the person's own and those that are not.
        """
        if self.leaves.is_empty():
            return {}
        folded = (
            self.leaves.sort("to_version", descending=True)
            .group_by("attribute", "channel", "locale", "id", maintain_order=True)
            .agg(
                pl.col("data").str.join(END),
                pl.col("data").filter("own").str.join(END).alias("mine"),
                pl.col("data").filter(~pl.col("own")).str.join(END).alias("others"),
            )
        )
        parts = folded.partition_by("attribute", "channel", "locale", as_dict=True)
        return {
            Cell(*map(str, key)): part.select("id", "data", "mine", "others")
            for key, part in parts.items()
        }


def taken_back(now: str | None, patches: str) -> str | None:
    """Return the JSON text that stood somewhere before some patches, the newest first."""
    data: Any = None if now is None else orjson.loads(now)
    for patch in patches.split(END):
        data = merge(data, orjson.loads(patch))
    return None if data is None else as_text(data)


def _known(now: str | None, mine: str, others: str, *, by_parts: bool) -> str | None:
    """Return what stands now of a cell as far as nobody else has written it."""
    data: Any = None if now is None else orjson.loads(now)
    written, theirs = (
        [orjson.loads(patch) for patch in side.split(END) if patch] for side in (mine, others)
    )
    if not by_parts or not all(isinstance(patch, Mapping) for patch in (*written, *theirs)):
        return None if theirs else as_text(data)
    parts = {part for patch in written for part in patch}
    parts -= {part for patch in theirs for part in patch}
    standing = data if isinstance(data, Mapping) else {}
    return as_text({part: standing.get(part) for part in parts})


def as_text(data: Any) -> str:
    """Return data as the JSON text by which it compares."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()


def find_marked(session: Session, kind: int, keys: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Return the entities of folded names or ids, held for the transaction in order of id.

    Columns are `id`, `called_key`, `called`, `version`, `family_id`, `variant_id`, `parent_id`.
    """
    query = (
        f"SELECT e.id, lower(e.{NAMES[kind]}), e.{NAMES[kind]}, e.version, {_OWN_IDS[kind]}"  # noqa: S608
        f" FROM {TABLES[kind]} e WHERE lower(e.{NAMES[kind]}) = ANY(CAST(:keys AS text[]))"
        " OR e.id = ANY(CAST(:ids AS bigint[])) ORDER BY e.id FOR NO KEY UPDATE"
    )
    schema = pl.Schema(
        {
            "id": pl.Int64,
            "called_key": pl.String,
            "called": pl.String,
            "version": pl.Int64,
            "family_id": pl.Int64,
            "variant_id": pl.Int64,
            "parent_id": pl.Int64,
        }
    )
    given = {
        "keys": text_array(keys.filter(keys != "").unique()),
        "ids": number_array(ids.unique()),
    }
    return fetch(session, query, schema, given)


_OWN_IDS: Final = {
    PRODUCT: "e.family_id, NULL, e.parent_id",
    MODEL: "NULL, e.family_variant_id, e.parent_id",
}


def find_covered(session: Session, stale: pl.DataFrame) -> pl.DataFrame:
    """Return how many versions since the one seen history tells of: `id`, `covered`.

    `stale` has `id` and `seen`.
    """
    query = f"""
        SELECT h.entity_id, sum(h.to_version - greatest(h.from_version, s.version))
        FROM {_SEEN} JOIN history h ON h.entity_id = s.id AND h.to_version > s.version
        GROUP BY h.entity_id
    """  # noqa: S608 - names of this file
    schema = pl.Schema({"id": pl.Int64, "covered": pl.Int64})
    return fetch(session, query, schema, _given(stale))


def find_leaves(
    session: Session, stale: pl.DataFrame, *, change_set_id: int, file: str
) -> pl.DataFrame:
    """Return the patches back, cell by cell, that others wrote since the versions seen.

    `file` is the sheet's name without its folder, `change_set_id` that of its import.
    """
    query = f"""
        SELECT h.entity_id, h.to_version, b.attribute, b.channel, b.locale, b.data,
            coalesce(c.kind = 'import' AND c.author_id = mine.author_id
                AND substring(h.source_file FROM '[^/]*$') = :file, false)
        FROM {_SEEN} JOIN history h ON h.entity_id = s.id AND h.to_version > s.version
            AND h.action = 0 AND h.change_set_id <> :own
        JOIN change_set c ON c.id = h.change_set_id
        JOIN change_set mine ON mine.id = :own
        CROSS JOIN LATERAL (
            SELECT a.key, c.key, l.key, l.value FROM jsonb_each(h.before -> 'values') a,
                jsonb_each(a.value) c, jsonb_each(c.value) l
            UNION ALL SELECT '{OWN}', k.key, '{OWN}', k.value
                FROM jsonb_each(h.before - 'values' - 'associations') k
            UNION ALL SELECT '{LINKS}', t.key, g.key, g.value
                FROM jsonb_each(h.before -> 'associations') t, jsonb_each(t.value) g
        ) AS b (attribute, channel, locale, data)
    """  # noqa: S608 - names of this file
    given = {**_given(stale), "own": change_set_id, "file": file}
    return fetch(session, query, pl.Schema(LEAVES), given)


LEAVES: Final = {
    "id": pl.Int64,
    "to_version": pl.Int64,
    "attribute": pl.String,
    "channel": pl.String,
    "locale": pl.String,
    "data": pl.String,
    "own": pl.Boolean,
}

_SEEN: Final = "unnest(CAST(:ids AS bigint[]), CAST(:versions AS integer[])) AS s (id, version)"


def _given(stale: pl.DataFrame) -> dict[str, Any]:
    return {"ids": number_array(stale["id"]), "versions": number_array(stale["seen"])}
