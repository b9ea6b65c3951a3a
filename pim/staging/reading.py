"""Read a chunk of rows as far as that needs no database.

It is the greater part of the work of deciding, and a thread does it for the next chunk while the
database takes the present one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from importers.contract import ROW
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.products.frames import folded
from pim.products.models import PRODUCT
from pim.staging.cells import CellReader, ReadCell
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan
from pim.staging.memberships import Listed, read_codes

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
NOUNS = {"categories": "category", "groups": "group"}
TEXTS = ("family", "family_variant", "parent")


@dataclass(frozen=True, kw_only=True)
class ReadChunk:
    """What a chunk's rows say, before anybody knows whom they speak about.

    `rows` has `__row__`, `name`, `key` (the name folded), the texts of `family`, `family_variant`
    and `parent` ("" where empty), and `parent_key`. `enabled` is null where nothing is said.
    """

    texts: pl.DataFrame
    rows: pl.DataFrame
    cells: Sequence[ReadCell]
    members: Mapping[str, Listed]
    enabled: pl.Series
    unreadable: Sequence[tuple[int, Violation]]

    def note(self, findings: Findings) -> None:
        """Note what is wrong with the rows' own columns."""
        for listed in self.members.values():
            listed.note(findings)
        for position, violation in self.unreadable:
            findings.add(position, violation)


@dataclass(frozen=True, kw_only=True)
class ChunkReader:
    """Reads the chunks of one file."""

    structure: Structure
    plan: HeaderPlan
    cells: CellReader

    def read(self, frame: pl.DataFrame) -> ReadChunk:
        """Read rows of texts with their numbers in `__row__`."""
        enabled, unreadable = self._enabled(_texts(frame, self.plan.system.get("enabled")))
        return ReadChunk(
            texts=frame,
            rows=self._rows(frame),
            cells=self.cells.read(frame),
            members=self._members(frame),
            enabled=enabled,
            unreadable=unreadable,
        )

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `__row__`, `name` and what else a chunk's `rows` have."""
        return self._rows(frame)

    def _rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        names = _texts(frame, self.plan.key)
        given = {name: _texts(frame, self.plan.system.get(name)) for name in TEXTS}
        keys = {"key": folded(names), "parent_key": folded(given["parent"])}
        return pl.DataFrame({ROW: frame[ROW], "name": names, **given, **keys})

    def _members(self, frame: pl.DataFrame) -> dict[str, Listed]:
        known: dict[str, Any] = {"categories": self.structure.categories}
        if self.plan.kind == PRODUCT:
            known["groups"] = self.structure.groups
        return {
            key: read_codes(
                frame[column],
                known[key],
                column=column,
                noun=NOUNS[key],
                clears=self.cells.blank == "clear",
            )
            for key, column in self.plan.system.items()
            if key in known
        }

    def _enabled(self, words: pl.Series) -> tuple[pl.Series, list[tuple[int, Violation]]]:
        distinct = words.unique()
        meant = pl.Series([_meaning(word) for word in distinct.to_list()], dtype=pl.Boolean)
        enabled = words.replace_strict(distinct, meant, return_dtype=pl.Boolean)
        strange = (enabled.is_null() & (words != "")).arg_true().to_list()
        column = self.plan.system.get("enabled", "")
        return enabled, [(p, _not_boolean(column, words[p])) for p in strange]


def _meaning(word: str) -> bool | None:
    folded_word = word.casefold()
    return folded_word in TRUE if folded_word in TRUE | FALSE else None


def _texts(frame: pl.DataFrame, column: str | None) -> pl.Series:
    """Return the trimmed texts of a column; "" where there is none."""
    if column is None:
        return pl.repeat("", frame.height, eager=True, dtype=pl.String)
    return frame[column].fill_null("").str.strip_chars()


def _not_boolean(column: str, text: str) -> Violation:
    return Violation(
        code="boolean_unknown",
        path=column,
        message='"{text}" is neither yes nor no.',
        parameters={"text": text},
        value=text,
        mend="Write 1 or 0.",
    )
