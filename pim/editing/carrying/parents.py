"""Products that move below a model: whether they fit there, and whether their axes are free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.operations import SetParent
from pim.domain.structure import FamilyVariant, Structure
from pim.domain.values import Cell
from pim.editing.carrying import strays
from pim.editing.carrying.parts import invalid, part_shown, patched, unchanged
from pim.editing.decided import Decided
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import Shown
from pim.products.lookups import Stored, find_stored, fold, names_of
from pim.products.models import MODEL

#: Where the texts of a row stand; `TAKEN` is the name of who has its axes already.
AXES, TAKEN = "text3", "text5"


class ParentOutcomes:
    """Outcomes of a move below one model."""

    def __init__(self, operation: SetParent, structure: Structure) -> None:
        self._operation = operation
        self._structure = structure
        self.parent: Stored | None = None

    @property
    def variant(self) -> FamilyVariant | None:
        """Return the family variant of the model."""
        number = self.parent.family_variant_id if self.parent else None
        return self._structure.family_variants.by_id.get(number or 0)

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome of a row: parent, variant, family, axes, what it holds, who is there.

        The family of a model is false.
        """
        parent, variant, family, axes, held = (orjson.loads(t or "null") for t in texts[:5])
        new, of_new = self.parent, self.variant
        if family is False:
            return invalid(strays.OF_MODEL)
        if new is None or of_new is None:
            return invalid(strays.unknown(self._operation.parent))
        if parent == new.id:
            return unchanged()
        fault = self._fault(new, of_new, variant, family, axes) or strays.taken(
            texts[5], new.name, of_new.levels[-1].axes, axes
        )
        if fault:
            return invalid(fault)
        lowest = len(of_new.levels)
        lost = [code for code in held or () if not of_new.holds(code, lowest)]
        return patched({"parent": parent}, {"parent": new.id}, lost=lost)

    def _fault(
        self, new: Stored, of_new: FamilyVariant, variant: int | None, family: Any, axes: list[Any]
    ) -> Any:
        """Return what keeps a row from its place below the model, whoever is there."""
        if (new.parent_id is None) != (len(of_new.levels) == 1):
            return strays.wrong_level(new.name, of_new)
        if variant is not None and variant != of_new.id:
            own = self._structure.family_variants.by_id.get(variant)
            return strays.other_variant(own.code if own else str(variant), new.name, of_new)
        if family != self._structure.families[of_new.family].id:
            own_family = self._structure.families.by_id.get(family or 0)
            return strays.other_family(own_family.code if own_family else "", new.name, of_new)
        names = of_new.levels[-1].axes
        missing = [name for name, data in zip(names, axes, strict=True) if data is None]
        return strays.no_axis(missing[0]) if missing else None


class ParentRows(Rows):
    """Rows that move below one model."""

    looks_at = None

    def __init__(self, operation: SetParent, structure: Structure) -> None:
        self._of_parent = ParentOutcomes(operation, structure)
        super().__init__(self._of_parent, ("*", "parent"))
        self._operation = operation
        self._claims = pl.DataFrame(schema=_CLAIM)
        self._names: dict[int, str] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column that is counted."""
        return ("parent",)

    def decide(
        self,
        session: Session,
        structure: Structure,
        kind: int,
        ids: Sequence[int],
        *,
        hold: bool = True,
    ) -> Decided:
        """Decide what fits below the model, and once more for those whose axes are taken there."""
        name = self._operation.parent
        self._of_parent.parent = find_stored(session, MODEL, [name], lock=hold).get(fold(name))
        rows = self._read(session, structure, kind, ids, hold=hold)
        decided = self._decided(kind, rows)
        taken = self._taken(session, decided.rows.filter(pl.col("changed") > 0))
        if taken.height:
            rows = rows.drop(TAKEN).join(taken, on="id", how="left", maintain_order="left")
            decided = self._decided(kind, rows)
        moved = decided.rows.filter(pl.col("changed") > 0)
        self._claims = pl.concat([self._claims, moved.select(_NAMED)])
        parents = (orjson.loads(texts[0] or "null") for texts, _ in decided.contents)
        self._names |= names_of(session, [number for number in parents if number])
        return decided

    def reads(self, reader: CellReader) -> list[str]:
        """Return what `ParentOutcomes.of` wants; nobody has the axes yet."""
        if reader.of_models:
            return ["NULL", "NULL", "'false'", "NULL", "NULL", "NULL::text"]
        variant = self._of_parent.variant
        axes = variant.levels[-1].axes if variant else ()
        return [
            "to_jsonb(e.parent_id)::text",
            "to_jsonb(p1.family_variant_id)::text",
            "to_jsonb(e.family_id)::text",
            f"{_array(reader, axes)}::text",
            "to_jsonb(ARRAY(SELECT jsonb_object_keys(e.values)))::text",
            "NULL::text",
        ]

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return the parent before and after, by code."""
        parent = orjson.loads(texts[0] or "null")
        before = self._names.get(parent, parent)
        new = self._of_parent.parent
        return [
            part_shown("parent", outcome, before, new.name if new and outcome.after else before)
        ]

    def _taken(self, session: Session, moving: pl.DataFrame) -> pl.DataFrame:
        """Return who has the axes of rows below the model, or moves there before them.

        Columns: id and TAKEN; a row for each that comes too late.
        """
        variant, parent = self._of_parent.variant, self._of_parent.parent
        if moving.is_empty() or variant is None or parent is None:
            return pl.DataFrame(schema={"id": pl.Int64, TAKEN: pl.String})
        there = _children(session, parent.id, variant.levels[-1].axes)
        claims = pl.concat([there, self._claims, moving.select(_NAMED)])
        first = claims.unique(AXES, keep="first", maintain_order=True)
        first = first.select(AXES, pl.col("id").alias("first"), pl.col("name").alias(TAKEN))
        late = moving.select("id", AXES).join(first, on=AXES, maintain_order="left")
        return late.filter(pl.col("id") != pl.col("first")).select("id", TAKEN)


_CLAIM: Final = {"id": pl.Int64, "name": pl.String, AXES: pl.String}
_NAMED: Final = ("id", pl.coalesce("name", pl.col("id").cast(pl.String)).alias("name"), AXES)


def _children(session: Session, parent: int, axes: Sequence[str]) -> pl.DataFrame:
    """Return id, name and axes of the products below a model."""
    reader = CellReader(structure=Structure())
    query = (
        f"SELECT e.id, coalesce(e.identifier, e.uuid::text), {_array(reader, axes)}::text"  # noqa: S608
        " FROM product e WHERE e.parent_id = :parent ORDER BY e.id"
    )
    found = session.execute(text(query), {**reader.parameters, "parent": parent})
    return pl.DataFrame([tuple(row) for row in found], schema=_CLAIM, orient="row")


def _array(reader: CellReader, axes: Sequence[str]) -> str:
    cells = (f"e.values #> {reader.bind(list(Cell(axis)), 'text[]')}" for axis in axes)
    return f"jsonb_build_array({', '.join(cells)})"
