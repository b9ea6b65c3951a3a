"""What the rows of a chunk were when they were exported: what stands now, taken back by history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import orjson
import polars as pl

from pim.domain.values import Cell, merge

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
