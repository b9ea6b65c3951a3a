"""What a selection chooses in one reading: the rows, their count, and what was not found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from pim.domain.conditions import Condition, leaves
from pim.editing.selections.document import SelectionDocument
from pim.editing.selections.levels import at_level, below
from pim.editing.selections.names import EVERY_LEVEL, find_names, find_pasted
from pim.projection import Reading
from pim.projection.catalogue import PRODUCT_LEVELS
from pim.projection.viewer import Viewer

COLUMNS: Final = ("id", "identifier", "level", "parent", "root", "family", "family_variant")


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a selection comes to, in one reading.

    - `rows`: COLUMNS and `recheck`, whether the row met the condition by itself and is asked
      again before it is written (null: it lies in the bin); in order of id.
    - `unknown`: listed names that nothing has; `duplicates`: those that came more than once.
      Both as they were written, those picked and excluded among them.
    - `excluded`: how many rows the exclusions took away.
    """

    rows: pl.DataFrame
    unknown: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    excluded: int = 0

    @property
    def count(self) -> int:
        """Return how many rows were chosen: as many as a run of them will promise."""
        return self.rows.height

    @property
    def levels(self) -> dict[str, int]:
        """Return how many rows are products, colourways and styles."""
        names = {"model": "styles", "sub_model": "colourways"}
        named = (
            self.rows["level"]
            .replace(names)
            .replace_strict({name: name for name in names.values()}, default="products")
        )
        counted = dict(named.value_counts().iter_rows())
        return {name: counted.get(name, 0) for name in ("products", "colourways", "styles")}

    def sentence(self) -> str:
        """Say what is chosen, in words: `12 products and 3 styles`."""
        parts = [f"{n:,} {name if n != 1 else name[:-1]}" for name, n in self.levels.items() if n]
        if not parts:
            return "nothing"
        return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]


def resolve(
    reading: Reading,
    selection: SelectionDocument,
    *,
    now: datetime | None = None,
    viewer: Viewer | None = None,
    whole: bool = False,
) -> Resolved:
    """Return the rows that a selection chooses in a reading.

    The condition is asked of products, and of models if it asks about their level; what is listed
    or picked joins, exclusions go with what stands below them, and the rest is brought to the
    selection's level. With `whole` everything below a chosen model is chosen, too.
    """
    met = _met(reading, selection.condition, now, viewer)
    pasted = find_pasted(reading, selection.identifiers)
    picked = find_names(reading, selection.picked)
    found = pl.concat([met, _ids(pasted.ids), _ids(picked.ids)]).unique().sort()
    excluded = find_names(reading, selection.excluded)
    out = below(reading, _ids(excluded.ids)).implode()
    kept = found.filter(~found.is_in(out))
    chosen = at_level(reading, kept, selection.level)
    if whole:
        chosen = below(reading, chosen)
    left = chosen.filter(~chosen.is_in(out))
    rows = reading.frame(COLUMNS, ids=left, levels=_levels(selection, whole=whole))
    asked = met if selection.recheck else met.clear()
    return Resolved(
        rows=rows.with_columns(rows["id"].is_in(asked.implode()).alias("recheck")),
        unknown=(*pasted.unknown, *picked.unknown, *excluded.unknown),
        duplicates=(*pasted.duplicates, *picked.duplicates),
        excluded=len(found) - len(kept) + len(chosen) - len(left),
    )


def _met(
    reading: Reading, condition: Condition | None, now: datetime | None, viewer: Viewer | None
) -> pl.Series:
    if condition is None:
        return _ids([])
    levels = EVERY_LEVEL if _asks_level(condition) else PRODUCT_LEVELS
    return reading.matching(condition, levels=levels, now=now, viewer=viewer).alias("id")


def _levels(selection: SelectionDocument, *, whole: bool) -> tuple[str, ...]:
    """Return which levels the chosen rows may be of: the fewer, the quicker they are read."""
    listed = bool(selection.identifiers or selection.picked) or whole
    lifted = selection.level not in (None, "product")
    models = lifted or (selection.level is None and (listed or _asks_level(selection.condition)))
    return EVERY_LEVEL if models else PRODUCT_LEVELS


def _asks_level(condition: Condition | None) -> bool:
    return condition is not None and any(leaf.field == "level" for leaf in leaves(condition.root))


def _ids(numbers: list[int]) -> pl.Series:
    return pl.Series("id", numbers, dtype=pl.Int64)
