"""Cells that list codes: categories and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pim.domain.structure import Codes
from pim.domain.violations import Violation
from pim.staging.findings import Findings

IDS = pl.List(pl.Int64)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the cells of a column list: ids per row in order, null where nothing is said.

    `unknown` are codes that nothing has, with the rows that name them.
    """

    ids: pl.Series
    unknown: list[tuple[int, Violation]]

    def note(self, findings: Findings) -> None:
        """Reject the rows that list unknown codes."""
        for position, violation in self.unknown:
            findings.add(position, violation)


def read_codes(
    texts: pl.Series, known: Codes[Any], *, column: str, noun: str, clears: bool = False
) -> Listed:
    """Return what each cell lists, each distinct one read once.

    With `clears` an empty cell lists nothing; one that is not there (null) never says anything.
    """
    distinct = texts.drop_nulls().unique(maintain_order=True)
    read = [_read(text, known, clears=clears) for text in distinct.to_list()]
    by_text = pl.DataFrame(
        {"text": distinct, "ids": pl.Series([ids for ids, _ in read], dtype=IDS)},
    )
    ids = (
        texts.alias("text")
        .to_frame()
        .join(by_text, on="text", how="left", maintain_order="left")["ids"]
    )
    strange = {text: codes for text, (_, codes) in zip(distinct, read, strict=True) if codes}
    rows = texts.is_in(list(strange)).fill_null(False).arg_true() if strange else ()
    unknown = [
        (position, _unknown(column, code, noun))
        for position in rows
        for code in strange[texts[position]]
    ]
    return Listed(ids=ids, unknown=unknown)


def _read(text: str, known: Codes[Any], *, clears: bool) -> tuple[list[int] | None, list[str]]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    if not codes:
        return [] if clears else None, []
    found = {code: known.get(code) for code in codes}
    unknown = [code for code in codes if found[code] is None]
    return sorted({thing.id for thing in found.values() if thing is not None}), unknown


def _unknown(column: str, code: str, noun: str) -> Violation:
    return Violation(
        code=f"{noun}_unknown",
        path=column,
        message='There is no {noun} "{code}".',
        parameters={"noun": noun, "code": code},
        value=code,
        mend="Correct the code (codes are separated by commas), or create it first.",
    )
