"""Decide a chunk of rows: created, updated, unchanged or rejected, and exactly what to write.

Nothing is written here. A dry run and a run decide by the same code over the same state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.lookups import Stored, fold
from pim.products.models import MODEL, PRODUCT
from pim.staging.axes import check_axes
from pim.staging.cells import CellReader
from pim.products.changes import changed_members, changed_values
from pim.staging.context import Contexts, RowContext
from pim.staging.documents import values_documents
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan
from pim.staging.memberships import Listed, read_codes
from pim.staging.uniques import check_uniques

Mode = Literal["create_or_update", "create", "update"]
Blank = Literal["keep", "clear", "refuse"]

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


@dataclass
class Counts:
    """rows = created + updated + unchanged + rejected, always; warnings beside."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0

    def add(self, other: Counts) -> None:
        """Add another chunk's counts."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a chunk comes to; the frames are those of `pim.products.writer`."""

    counts: Counts
    findings: Findings
    creates: pl.DataFrame
    updates: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Decides the chunks of one file."""

    session: Session
    structure: Structure
    plan: HeaderPlan
    cells: CellReader
    file: str
    mode: Mode = "create_or_update"
    repeated: Mapping[int, int] = field(default_factory=dict)

    def decide(self, frame: pl.DataFrame) -> Decision:
        """Decide the rows of a frame of texts with their numbers in `__row__`."""
        rows = frame["__row__"].to_list()
        findings = Findings(rows)
        names = self._names(frame)
        contexts = self._contexts(frame, names, findings)
        self._refuse_by_name(names, contexts, findings)
        cells = self.cells.read(frame, contexts, findings)
        members = self._members(frame, findings)
        enabled = self._enabled(frame, findings)
        texts = {cell: column.to_list() for cell, column in cells.items() if self._claims(cell)}
        check_axes(self.session, self.plan.kind, contexts, texts, findings)
        check_uniques(self.session, contexts, texts, self.structure, findings)
        return self._sorted_out(
            contexts, findings, cells, _Sides(members=members, enabled=enabled, rows=rows)
        )

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

    def _names(self, frame: pl.DataFrame) -> list[str]:
        if self.plan.key is None:
            return [""] * frame.height
        return frame[self.plan.key].fill_null("").str.strip_chars().to_list()

    def _contexts(
        self, frame: pl.DataFrame, names: Sequence[str], findings: Findings
    ) -> list[RowContext]:
        keys = ("family", "parent") if self.plan.kind == PRODUCT else ("family_variant", "parent")
        system = {key: self._texts(frame, key) for key in keys}
        resolver = Contexts(self.session, self.plan.kind, self.structure)
        return resolver.resolve(names, system, findings, self.plan.system)

    def _texts(self, frame: pl.DataFrame, key: str) -> list[str]:
        column = self.plan.system.get(key)
        if column is None:
            return [""] * frame.height
        return frame[column].fill_null("").str.strip_chars().to_list()

    def _refuse_by_name(
        self, names: Sequence[str], contexts: Sequence[RowContext], findings: Findings
    ) -> None:
        column = self.plan.key or "identifier"
        for position, name in enumerate(names):
            row = findings.rows[position]
            stored = contexts[position].stored
            if not name:
                findings.add(position, _nameless(column))
            elif row in self.repeated:
                findings.add(position, _repeated(column, name, self.repeated[row]))
            elif self.mode == "create" and stored:
                findings.add(position, _exists(column, name))
            elif self.mode == "update" and not stored:
                findings.add(position, _absent(column, name))

    def _members(self, frame: pl.DataFrame, findings: Findings) -> dict[str, list[Listed]]:
        known: dict[str, Any] = {"categories": self.structure.categories}
        if self.plan.kind == PRODUCT:
            known["groups"] = self.structure.groups
        nouns = {"categories": "category", "groups": "group"}
        return {
            key: read_codes(
                self._texts(frame, key),
                things,
                findings,
                column=self.plan.system[key],
                noun=nouns[key],
            )
            for key, things in known.items()
            if key in self.plan.system
        }

    def _enabled(self, frame: pl.DataFrame, findings: Findings) -> list[bool | None]:
        answers: list[bool | None] = []
        for position, text in enumerate(self._texts(frame, "enabled")):
            word = text.casefold()
            if word and word not in TRUE | FALSE:
                findings.add(position, _not_boolean(self.plan.system["enabled"], text))
            answers.append(None if not word else word in TRUE)
        return answers

    def _sorted_out(
        self,
        contexts: Sequence[RowContext],
        findings: Findings,
        cells: Mapping[Cell, pl.Series],
        sides: _Sides,
    ) -> Decision:
        accepted = [p for p in range(len(contexts)) if p not in findings.rejected]
        new = [p for p in accepted if contexts[p].stored is None]
        known = [p for p in accepted if contexts[p].stored is not None]
        documents = values_documents(cells, len(contexts))
        creates = self._creates(new, contexts, documents, sides)
        updates = self._updates(known, contexts, documents, sides)
        counts = Counts(
            rows=len(contexts),
            created=creates.height,
            updated=updates.height,
            unchanged=len(known) - updates.height,
            rejected=len(findings.rejected),
            warnings=sum(v.severity == "warning" for _, v in findings.found),
        )
        return Decision(counts=counts, findings=findings, creates=creates, updates=updates)

    def _creates(
        self,
        positions: Sequence[int],
        contexts: Sequence[RowContext],
        documents: pl.Series,
        sides: _Sides,
    ) -> pl.DataFrame:
        chosen = [contexts[p] for p in positions]
        own = [self._own_categories(p, contexts[p], sides) or [] for p in positions]
        common = {
            "parent_id": pl.Series(
                [c.parent.id if c.parent else None for c in chosen], dtype=pl.Int64
            ),
            "categories": pl.Series(own, dtype=pl.List(pl.Int64)),
            "values": documents.gather(positions),
            "source_file": pl.Series([self.file] * len(chosen), dtype=pl.String),
            "source_row": pl.Series([sides.rows[p] for p in positions], dtype=pl.Int64),
        }
        names = pl.Series([c.name for c in chosen], dtype=pl.String)
        if self.plan.kind == MODEL:
            variants = [c.place.variant.id if c.place.variant else None for c in chosen]
            return pl.DataFrame(
                {"code": names, "family_variant_id": pl.Series(variants, dtype=pl.Int64), **common}
            )
        groups = sides.members.get("groups")
        return pl.DataFrame(
            {
                "identifier": names,
                "family_id": pl.Series(
                    [c.place.family.id if c.place.family else None for c in chosen], dtype=pl.Int64
                ),
                "enabled": pl.Series(
                    [sides.enabled[p] is not False for p in positions], dtype=pl.Boolean
                ),
                "groups": pl.Series(
                    [sorted(groups[p] or ()) if groups else [] for p in positions],
                    dtype=pl.List(pl.Int64),
                ),
                **common,
            }
        )

    @staticmethod
    def _own_categories(position: int, context: RowContext, sides: _Sides) -> list[int] | None:
        """Return the listed categories that no parent has already; None when none are listed."""
        listed = sides.members.get("categories", {position: None})[position]  # type: ignore[call-overload]
        if listed is None:
            return None
        inherited = context.parent.categories if context.parent else frozenset()
        return sorted(listed - inherited)

    def _updates(
        self,
        positions: Sequence[int],
        contexts: Sequence[RowContext],
        documents: pl.Series,
        sides: _Sides,
    ) -> pl.DataFrame:
        rows = []
        for position in positions:
            context = contexts[position]
            if context.stored is None:
                continue
            before, after = self._patch(position, context, documents[position], sides)
            if after:
                rows.append(
                    (
                        context.stored.id,
                        orjson.dumps(before).decode(),
                        orjson.dumps(after).decode(),
                        self.file,
                        sides.rows[position],
                    )
                )
        return pl.DataFrame(rows, schema=_UPDATE_SCHEMA, orient="row")

    def _patch(
        self, position: int, context: RowContext, document: str, sides: _Sides
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        stored = context.stored
        assert stored is not None  # noqa: S101 - the caller took only stored rows
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for key, (was, now) in self._parts(position, context, stored, document, sides).items():
            if was != now:
                before[key], after[key] = was, now
        return before, after

    def _parts(
        self, position: int, context: RowContext, stored: Stored, document: str, sides: _Sides
    ) -> dict[str, tuple[Any, Any]]:
        """Return every part of the entity's document as (before, after)."""
        parts: dict[str, tuple[Any, Any]] = {
            "values": changed_values(orjson.loads(stored.values), orjson.loads(document))
        }
        if self.plan.kind == PRODUCT:
            enabled = sides.enabled[position]
            family = context.place.family
            parts["enabled"] = (stored.enabled, stored.enabled if enabled is None else enabled)
            parts["family"] = (stored.family_id, family.id if family else stored.family_id)
        wanted = self._own_categories(position, context, sides)
        if wanted is not None:
            parts["categories"] = changed_members(stored.categories, wanted)
        groups = sides.members.get("groups")
        if groups and groups[position] is not None:
            parts["groups"] = changed_members(stored.group_ids, groups[position] or ())
        return parts


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """What a chunk's rows say beside their values."""

    members: Mapping[str, list[Listed]]
    enabled: Sequence[bool | None]
    rows: Sequence[int]


_UPDATE_SCHEMA = {
    "id": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}


def repeated_rows(names: pl.DataFrame) -> dict[int, int]:
    """Return row -> first row for rows whose name stood in the file before.

    `names` has `__row__` and `name` of every row, in order.
    """
    folded = names.with_columns(
        pl.when(pl.col("name").str.contains(r"^[\x00-\x7f]*$"))
        .then(pl.col("name").str.to_lowercase())
        .otherwise(pl.col("name").map_elements(fold, return_dtype=pl.String))
        .alias("folded")
    ).filter(pl.col("name") != "")
    doubled = folded.filter(pl.col("folded").is_duplicated()).with_columns(
        pl.col("__row__").first().over("folded").alias("first")
    )
    later = doubled.filter(pl.col("__row__") != pl.col("first"))
    return dict(zip(later["__row__"].to_list(), later["first"].to_list(), strict=True))


def _nameless(column: str) -> Violation:
    return Violation(
        code="identifier_missing",
        path=column,
        message="The row has no {column}.",
        parameters={"column": column},
        mend="Fill it in: it tells which product the row speaks about.",
    )


def _repeated(column: str, name: str, first: int) -> Violation:
    return Violation(
        code="identifier_repeated",
        path=column,
        message='"{name}" stands in row {first} of this file already.',
        parameters={"name": name, "first": first},
        value=name,
        mend="Keep one of the two rows.",
    )


def _exists(column: str, name: str) -> Violation:
    return Violation(
        code="exists_already",
        path=column,
        message='"{name}" exists, and this import only creates.',
        parameters={"name": name},
        value=name,
        mend='Choose the mode "create_or_update" or leave the row out.',
    )


def _absent(column: str, name: str) -> Violation:
    return Violation(
        code="not_found",
        path=column,
        message='"{name}" does not exist, and this import only updates.',
        parameters={"name": name},
        value=name,
        mend='Choose the mode "create_or_update" or correct the {column}.'.replace(
            "{column}", column
        ),
    )


def _not_boolean(column: str, text: str) -> Violation:
    return Violation(
        code="boolean_unknown",
        path=column,
        message='"{text}" is neither yes nor no.',
        parameters={"text": text},
        value=text,
        mend="Write 1 or 0.",
    )
