"""What was decided about rows of one kind: counted, shown cell by cell, narrowed, and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import polars as pl

from pim.editing.outcomes import Outcome
from pim.editing.result import BulkResult
from pim.editing.shown import Shown
from pim.products.models import MODEL

Content = tuple[str | None, ...]

#: The columns of cells as previews keep them.
CELLS: Final = {
    "entity": pl.Int64,
    "kind": pl.Int8,
    "identifier": pl.String,
    "level": pl.String,
    **dict.fromkeys(Shown._fields, pl.String),
}
_SHOWN: Final[dict[str, Any]] = {"content": pl.Int64, **dict.fromkeys(Shown._fields, pl.String)}


class Shows(Protocol):
    """Tells what people see of an outcome."""

    def shown(self, texts: Content, outcome: Outcome) -> list[Shown]:
        """Return an entry for each cell that the outcome counts."""


@dataclass(frozen=True)
class Decided:
    """Rows of one kind with what becomes of them.

    `rows` has id, name, below (it has a parent), the texts that were read, and before, after,
    changed, unchanged, invalid, faulty and content: the number in `contents` of what it holds.
    """

    writer: Shows
    kind: int
    rows: pl.DataFrame
    contents: Sequence[tuple[Content, Outcome]]

    def count(self, result: BulkResult) -> None:
        """Count what becomes of the cells, and show the first violations."""
        for name in ("changed", "unchanged", "invalid"):
            setattr(result, name, getattr(result, name) + int(self.rows[name].sum()))
        for content, rows in (
            self.rows.filter(pl.col("changed") > 0)["content"].value_counts().rows()
        ):
            for attribute in self.contents[content][1].lost:
                result.lose(attribute, rows)
        faulty = self.rows.filter("faulty").head(result.room)
        for name, content in faulty["name", "content"].rows():
            for violation in self.contents[content][1].violations:
                result.note(name, violation)

    def _count_lost(self, result: BulkResult) -> None:
        changed = self.rows.filter(pl.col("changed") > 0)["content"]
        for content, rows in changed.value_counts().sort("content").rows():
            for attribute in self.contents[content][1].lost:
                result.lose(attribute, rows)

    def except_for(self, ids: pl.Series) -> Decided:
        """Return it without some rows."""
        return replace(self, rows=self.rows.filter(~pl.col("id").is_in(ids.implode())))

    def cells(self) -> pl.DataFrame:
        """Return a row for each cell: the columns of CELLS, in order of the rows."""
        entries = [
            (number, *entry)
            for number, (texts, outcome) in enumerate(self.contents)
            for entry in self.writer.shown(texts, outcome)
        ]
        shown = pl.DataFrame(entries, schema=_SHOWN, orient="row")
        upper, lower = ("model", "sub_model") if self.kind == MODEL else ("simple", "variant")
        return (
            self.rows.select(
                "content",
                pl.col("id").alias("entity"),
                pl.lit(self.kind, dtype=pl.Int8).alias("kind"),
                pl.col("name").alias("identifier"),
                pl.when("below").then(pl.lit(lower)).otherwise(pl.lit(upper)).alias("level"),
            )
            .join(shown, on="content", how="inner", maintain_order="left_right")
            .select(list(CELLS))
        )
