"""Conflicts as a file: a line per cell with its three values, and back with a choice for each.

The columns are the identifier, `_version`, `_field`, `_base`, `_theirs`, `_ours` and `_resolve`.
A line with "ours" in `_resolve` writes what stands in `_ours` unless somebody changes the cell
again; "theirs" or nothing leaves the cell as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from importers.contract import ROW, RowProblem
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.products.frames import folded
from pim.staging.round_trip.marks import VERSION

FIELD, BASE, THEIRS, OURS, RESOLVE = "_field", "_base", "_theirs", "_ours", "_resolve"
COLUMNS: Final = (VERSION, FIELD, BASE, THEIRS, OURS, RESOLVE)

_CHOICES: Final = ("ours", "theirs", "")


def is_resolution(header: Iterable[str]) -> bool:
    """Tell whether a file lists conflicts with a choice for each."""
    return {VERSION, FIELD, OURS, RESOLVE} <= set(header)


@dataclass(frozen=True, kw_only=True)
class Resolutions:
    """The lines of a file of conflicts as rows in the flat format.

    A product with several conflicts has several rows, each in a round of its own: rows of one
    round are written together and speak of different products.
    """

    header: Sequence[str]
    rounds: Sequence[pl.DataFrame]
    problems: Sequence[RowProblem]

    @classmethod
    def of(cls, lines: pl.DataFrame, structure: Structure) -> Resolutions:
        """Return what lines say; a choice that is none goes to the problems."""
        key = next(name for name in lines.columns if name not in {ROW, *COLUMNS})
        lines = lines.with_columns(
            pl.col(RESOLVE).fill_null("").str.strip_chars().str.to_lowercase().alias("choice"),
            pl.col(FIELD).fill_null("").str.strip_chars(),
        )
        known = pl.col("choice").is_in(_CHOICES)
        chosen = lines.filter(known)
        fields = [f for f in chosen[FIELD].unique(maintain_order=True) if f]
        wide = chosen.select(key, VERSION, *_cells(fields, structure), ROW)
        numbers = pl.Series("round", folded(chosen[key].fill_null("").str.strip_chars()))
        rounds = wide.with_columns(
            pl.int_range(pl.len()).over(numbers).alias("round")
        ).partition_by("round", include_key=False, maintain_order=True)
        return cls(
            header=[name for name in wide.columns if name != ROW],
            rounds=rounds,
            problems=list(_problems(lines.filter(~known))),
        )


def _problems(lines: pl.DataFrame) -> Iterator[RowProblem]:
    for row in lines.iter_rows(named=True):
        raw = tuple(str(row[name] or "") for name in lines.columns if name not in {ROW, "choice"})
        yield RowProblem(row=row[ROW], raw=raw, violation=_unknown(row[RESOLVE]))


def _cells(fields: Sequence[str], structure: Structure) -> Iterator[pl.Expr]:
    """Yield the columns of fields: what was chosen on the lines of a field, null on others."""
    quantified = {
        f"{type_.code}-{target}"
        for type_ in structure.association_types
        if type_.quantified
        for target in ("products", "product_models")
    }
    for name in fields:
        here = (pl.col(FIELD) == name) & (pl.col("choice") == "ours")
        text = pl.col(OURS).fill_null("")
        if name in quantified:
            pairs = text.str.split(",")
            names = pairs.list.eval(pl.element().str.replace(r"=[^=]*$", "")).list.join(",")
            counts = pairs.list.eval(pl.element().str.extract(r"=([^=]*)$")).list.join(",")
            yield pl.when(here).then(names).alias(name)
            yield pl.when(here).then(counts).alias(f"{name}-quantity")
        else:
            yield pl.when(here).then(text).alias(name)


def _unknown(text: Any) -> Violation:
    return Violation(
        code="resolve_unknown",
        path=RESOLVE,
        message='"{text}" is no choice.',
        parameters={"text": text},
        value=text,
        mend='Write "ours" for the value of the sheet, "theirs" to leave the catalogue\'s.',
    )
