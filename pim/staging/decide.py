"""Decide a chunk of rows: created, updated, unchanged or rejected, and exactly what to write.

Nothing is written here. A dry run and a run decide by the same code over the same state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.models import PRODUCT
from pim.staging.axes import check_axes
from pim.staging.cells import CellReader
from pim.staging.context import Contexts, RowContext
from pim.staging.counts import Counts, Mode
from pim.staging.documents import values_documents
from pim.staging.drafts import Drafts
from pim.staging.findings import Findings
from pim.staging.header import KEYS, HeaderPlan
from pim.staging.memberships import Listed, read_codes
from pim.staging.names import check_names, check_new_names
from pim.staging.uniques import check_uniques

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

NOUNS = {"categories": "category", "groups": "group"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a chunk comes to; the frames are those of `pim.products.writer`."""

    counts: Counts
    findings: Findings
    creates: pl.DataFrame
    updates: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Decides the chunks of one file; `repeated` maps rows to the first row of the same name."""

    session: Session
    structure: Structure
    plan: HeaderPlan
    cells: CellReader
    file: str
    mode: Mode = "create_or_update"
    repeated: Mapping[int, int] = field(default_factory=dict)

    def decide(self, frame: pl.DataFrame) -> Decision:
        """Decide the rows of a frame of texts with their numbers in `__row__`."""
        findings = Findings(frame[ROW].to_list())
        names = _texts(frame, self.plan.key)
        contexts = self._contexts(frame, names, findings)
        self._check_names(names, contexts, findings)
        cells = self.cells.read(frame, contexts, findings)
        members = self._members(frame, findings)
        enabled = self._enabled(frame, findings)
        texts = {cell: column.to_list() for cell, column in cells.items() if self._claims(cell)}
        check_axes(self.session, self.plan.kind, contexts, texts, findings)
        check_uniques(self.session, contexts, texts, self.structure, findings)
        drafts = Drafts(
            kind=self.plan.kind,
            file=self.file,
            rows=findings.rows,
            contexts=contexts,
            documents=values_documents(cells, len(contexts)),
            members=members,
            enabled=enabled,
        )
        return _sorted_out(drafts, findings)

    def _claims(self, cell: Cell) -> bool:
        """Tell whether a cell's values are looked at row by row: unique ones and axes."""
        return (
            self.structure.attributes[cell.attribute].unique
            or cell.attribute in self._axis_attributes
        )

    @cached_property
    def _axis_attributes(self) -> frozenset[str]:
        return frozenset(
            axis
            for variant in self.structure.family_variants
            for level in variant.levels
            for axis in level.axes
        )

    def _contexts(
        self, frame: pl.DataFrame, names: Sequence[str], findings: Findings
    ) -> list[RowContext]:
        keys = ("family", "parent") if self.plan.kind == PRODUCT else ("family_variant", "parent")
        system = {key: _texts(frame, self.plan.system.get(key)) for key in keys}
        resolver = Contexts(self.session, self.plan.kind, self.structure)
        return resolver.resolve(names, system, findings, self.plan.system)

    def _check_names(
        self, names: Sequence[str], contexts: Sequence[RowContext], findings: Findings
    ) -> None:
        column = self.plan.key or KEYS[self.plan.kind]
        check_names(
            names, contexts, findings, column=column, mode=self.mode, repeated=self.repeated
        )
        check_new_names(
            names,
            contexts,
            findings,
            column=column,
            kind=self.plan.kind,
            structure=self.structure,
        )

    def _members(self, frame: pl.DataFrame, findings: Findings) -> dict[str, list[Listed]]:
        known: dict[str, Any] = {"categories": self.structure.categories}
        if self.plan.kind == PRODUCT:
            known["groups"] = self.structure.groups
        return {
            key: read_codes(
                frame[self.plan.system[key]].to_list(),
                things,
                findings,
                column=self.plan.system[key],
                noun=NOUNS[key],
                clears=self.cells.blank == "clear",
            )
            for key, things in known.items()
            if key in self.plan.system
        }

    def _enabled(self, frame: pl.DataFrame, findings: Findings) -> list[bool | None]:
        answers: list[bool | None] = []
        for position, text in enumerate(_texts(frame, self.plan.system.get("enabled"))):
            word = text.casefold()
            if word and word not in TRUE | FALSE:
                findings.add(position, _not_boolean(self.plan.system["enabled"], text))
            answers.append(None if not word else word in TRUE)
        return answers


def _texts(frame: pl.DataFrame, column: str | None) -> list[str]:
    """Return the trimmed texts of a column; "" where there is none."""
    if column is None:
        return [""] * frame.height
    return frame[column].fill_null("").str.strip_chars().to_list()


def _sorted_out(drafts: Drafts, findings: Findings) -> Decision:
    accepted = [p for p in range(len(drafts.contexts)) if p not in findings.rejected]
    known = [p for p in accepted if drafts.contexts[p].stored is not None]
    creates = drafts.creates([p for p in accepted if drafts.contexts[p].stored is None])
    updates = drafts.updates(known)
    counts = Counts(
        rows=len(drafts.contexts),
        created=creates.height,
        updated=updates.height,
        unchanged=len(known) - updates.height,
        rejected=len(findings.rejected),
        warnings=findings.warnings,
    )
    return Decision(counts=counts, findings=findings, creates=creates, updates=updates)


def _not_boolean(column: str, text: str) -> Violation:
    return Violation(
        code="boolean_unknown",
        path=column,
        message='"{text}" is neither yes nor no.',
        parameters={"text": text},
        value=text,
        mend="Write 1 or 0.",
    )
