"""Put ids in the order of a column; equal ones by id, empty ones last.

Text is ordered without regard to case and accents. Its places in the base are worked out once, by
whoever asks first, and kept in a file beside the segments; rows of deltas are put between them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from pim.domain.structure import Structure
from pim.errors import Refused
from pim.projection import segments
from pim.projection.catalogue import Catalogue, mapped, remember
from pim.projection.columns import Column
from pim.projection.manifest import ORDERS

#: Between two places of the base there is room for as many texts of deltas.
STEP: Final = 1 << 32
LAST: Final = STEP - 1

#: Columns whose sorted texts stay in memory.
REMEMBERED: Final = 4

#: Returns a column of products at stored rows.
Fetch = Callable[[Column, pl.Series], pl.Series]


def keys(
    catalogue: Catalogue, structure: Structure, column: Column, rows: pl.Series, fetch: Fetch
) -> pl.Series:
    """Return what products are ordered by, quick to compare; raises Refused for lists."""
    if column.dtype != pl.String or column.name == "level":
        return comparable(structure, column, fetch(column, rows))
    base = _base(catalogue, column, fetch)
    height = catalogue.items.heights[0]
    if len(catalogue.items.heights) == 1:
        return base.gather(rows)
    places = base.cast(pl.UInt64) * STEP + LAST
    later = pl.int_range(height, sum(catalogue.items.heights), dtype=pl.UInt32, eager=True)
    between = _between(catalogue, column, base, alphabetic(fetch(column, later)), fetch)
    return pl.concat([places, between], rechunk=True).gather(rows)


def comparable(structure: Structure, column: Column, values: pl.Series) -> pl.Series:
    """Return values as they are ordered: text alphabetic, references by their code."""
    if column.dtype.is_nested():
        raise Refused(f"{column.name} holds lists, which have no order to sort by.")
    if column.dtype == pl.String:
        return alphabetic(values)
    codes = _codes(structure, column)
    if codes is None:
        return values
    ranked = {number: rank for rank, number in enumerate(sorted(codes, key=codes.__getitem__))}
    return values.replace_strict(ranked, default=None, return_dtype=pl.UInt32)


def arranged(ids: pl.Series, by: pl.Series, *, descending: bool, first: int) -> pl.Series:
    """Return the first ids in the order of `by`; `ids` come in rising order."""
    frame = pl.DataFrame({"id": ids, "by": by})
    filled = frame.drop_nulls("by")
    if first < filled.height // 4:
        ends = filled["by"].top_k(first) if descending else filled["by"].bottom_k(first)
        last = ends.min() if descending else ends.max()
        near = pl.col("by") >= last if descending else pl.col("by") <= last
        return _sort(filled.filter(near), descending=descending)["id"].head(first)
    rest = frame.filter(pl.col("by").is_null())
    return pl.concat([_sort(filled, descending=descending)["id"], rest["id"]]).head(first)


def alphabetic(text: pl.Series) -> pl.Series:
    """Return text as it is ordered: in lower case, without accents."""
    plain = pl.col("text").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return text.alias("text").to_frame().select(plain).to_series()


def _sort(frame: pl.DataFrame, *, descending: bool) -> pl.DataFrame:
    return frame.sort("by", descending=descending, maintain_order=True)


def _base(catalogue: Catalogue, column: Column, fetch: Fetch) -> pl.Series:
    """Return the place of every product of the base, equal for equal text, null for none."""
    folder = catalogue.folder / ORDERS / catalogue.manifest.base.name
    path = folder / f"{column.name}.arrow"
    if not path.exists():
        rows = pl.int_range(0, catalogue.items.heights[0], dtype=pl.UInt32, eager=True)
        _keep(path, alphabetic(fetch(column, rows)).rank("dense").cast(pl.UInt32) - 1)
    return mapped(segments.open_file(path), "place")


def _keep(path: Path, places: pl.Series) -> None:
    """Write a file that appears whole; whoever writes the same one writes the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    segments.write_file(draft, places.alias("place").to_frame())
    draft.rename(path)


def _between(
    catalogue: Catalogue, column: Column, base: pl.Series, text: pl.Series, fetch: Fetch
) -> pl.Series:
    """Return places of text among those of the base: upper half its neighbour's, lower its own."""
    distinct = text.drop_nulls().unique().sort()
    known = _sorted_text(catalogue, column, base, fetch)
    at = known.search_sorted(distinct)
    same = known.gather(at.clip(0, max(len(known) - 1, 0))) == distinct if len(known) else None
    own = pl.int_range(0, len(distinct), dtype=pl.UInt64, eager=True)
    if same is not None:
        own = own.set(same.fill_null(False), LAST)
    places = at.cast(pl.UInt64) * STEP + own
    return text.replace_strict(distinct, places, default=None, return_dtype=pl.UInt64)


def _sorted_text(catalogue: Catalogue, column: Column, base: pl.Series, fetch: Fetch) -> pl.Series:
    """Return the distinct texts of the base in order; those of a few columns are remembered."""
    known = catalogue.sorted_text.get(column.name)
    if known is None:
        rows = pl.DataFrame({"place": base}).with_row_index("row").drop_nulls("place")
        rows = rows.unique("place", keep="any").sort("place")
        known = alphabetic(fetch(column, rows["row"]))
        remember(catalogue.sorted_text, column.name, known, most=REMEMBERED)
    return known


def _codes(structure: Structure, column: Column) -> dict[int, str] | None:
    """Return the codes of what a column refers to, None if it holds plain values."""
    if column.attribute is not None and column.dtype == pl.Int64:
        return {option.id: option.code.lower() for option in column.attribute.options}
    if column.name == "family":
        return {family.id: family.code.lower() for family in structure.families}
    if column.name == "family_variant":
        return {variant.id: variant.code.lower() for variant in structure.family_variants}
    return None
