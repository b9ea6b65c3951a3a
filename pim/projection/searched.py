"""Texts of the base as searches want them, kept in files that all processes share.

Looking through few long texts is several times quicker than through many short ones. So the labels
of a row stand in one text, and identifiers in runs: only those of a run that contains what is
looked for are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import polars as pl

from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.projection import columns, lowered
from pim.projection.beside import kept
from pim.projection.catalogue import Catalogue
from pim.projection.columns import Column
from pim.projection.piece import ROW, Side

#: Identifiers in a run.
RUN: Final = 64
#: If one in so many runs contains a text, looking at every identifier is no slower.
MANY: Final = 4
#: Stands between texts; PostgreSQL stores none that holds it.
BETWEEN: Final = "\0"

_IDENTIFIER: Final = lowered.name("identifier")


def warm(catalogue: Catalogue, structure: Structure) -> None:
    """Put into files what searches for a text look through."""
    base = catalogue.pieces[0]
    _runs_of(catalogue)
    names = [c.name for c in labels(catalogue, structure) if not base.group(structure, c)]
    in_labels(catalogue, names, BETWEEN)


def labels(catalogue: Catalogue, structure: Structure) -> list[Column]:
    """Return the columns of every label attribute, in each locale and channel that exists."""
    codes = {f.attribute_as_label for f in structure.families if f.attribute_as_label}
    found = []
    for name in sorted(catalogue.names - columns.SYSTEM.keys()):
        if name.split("-")[0] in codes:
            with suppress(NotFound):  # a locale or channel that is no more
                found.append(columns.find(structure, name))
    return found


def in_identifiers(catalogue: Catalogue, words: str) -> pl.Series:
    """Return for every product of the base whether its identifier contains words in lower case."""
    items = catalogue.pieces[0].items
    runs = _runs_of(catalogue)
    found = _contain(runs, words).arg_true()
    identifiers = items.stored(_IDENTIFIER, pl.String())
    if len(found) * MANY > len(runs):
        return _contain(identifiers, words)
    starts = pl.DataFrame({"start": found.cast(ROW) * RUN})
    ends = pl.min_horizontal(pl.col("start") + RUN, pl.lit(items.height))
    rows = starts.select(pl.int_ranges("start", ends, dtype=ROW).explode()).to_series()
    return _marked(items.height, rows.filter(_contain(identifiers.gather(rows), words)))


def in_labels(catalogue: Catalogue, names: Sequence[str], words: str) -> pl.Series:
    """Return for every product of the base whether a label contains words in lower case.

    `names` are columns of products and of owners, both of which count: cells that live at one
    level only, so that none hides another.
    """
    base = catalogue.pieces[0]
    names = [name for name in names if base.items.has(name) or base.owners.has(name)]
    own = _in_joined(catalogue, "labels", base.items, names, words)
    above = _in_joined(catalogue, "owners' labels", base.owners, names, words)
    return own | above.gather(base.owner).fill_null(False) if above.any() else own


def _in_joined(
    catalogue: Catalogue, kind: str, side: Side, names: Sequence[str], words: str
) -> pl.Series:
    joined = kept(catalogue, f"{kind} {' '.join(names)}", lambda: _joined(side, names))
    return _marked(side.height, joined["row"].filter(_contain(joined["text"], words)))


def _contain(texts: pl.Series, words: str) -> pl.Series:
    if BETWEEN in words:
        return pl.repeat(False, len(texts), eager=True)
    return texts.str.contains(words, literal=True).fill_null(False)


def _marked(height: int, rows: pl.Series) -> pl.Series:
    return pl.repeat(False, height, eager=True).scatter(rows, True)


def _runs_of(catalogue: Catalogue) -> pl.Series:
    items = catalogue.pieces[0].items
    return kept(catalogue, f"identifiers in runs of {RUN}", lambda: _runs(items))["text"]


def _runs(items: Side) -> pl.DataFrame:
    """Return the identifiers, in lower case, of so many rows after each other in one text."""
    frame = items.stored(_IDENTIFIER, pl.String()).alias("text").to_frame().with_row_index("row")
    run = (pl.col("row") // RUN).alias("run")
    return frame.group_by(run, maintain_order=True).agg(pl.col("text").str.join(BETWEEN))


def _joined(side: Side, names: Sequence[str]) -> pl.DataFrame:
    """Return row and text of the rows that have labels, all of a row in one text."""
    small = [lowered.name(name) for name in names if side.has(name)]
    if not small:
        return pl.DataFrame(schema={"row": ROW, "text": pl.String()})
    whole = pl.concat_str(small, separator=BETWEEN, ignore_nulls=True).alias("text")
    frame = pl.DataFrame([side.stored(name, pl.String()) for name in small])
    return frame.select(whole).with_row_index("row").filter(pl.col("text") != "")
