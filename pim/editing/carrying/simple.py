"""Variants that become simple products: what their models gave them becomes their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.inheritance import resolve
from pim.domain.structure import FamilyVariant, Structure
from pim.domain.values import Document, difference, merge
from pim.domain.violations import Violation
from pim.editing.carrying.links import mirrors_of
from pim.editing.carrying.parts import invalid, json_text, part_shown, patched, unchanged
from pim.editing.decided import Decided
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import Shown
from pim.products.changes import changed_members
from pim.products.mirrors import write_mirrors


@dataclass(frozen=True)
class Above:
    """What the models above a variant give it; `levels` are their values, the root's first."""

    code: str
    variant: FamilyVariant
    levels: Sequence[Document]
    categories: frozenset[int]
    associations: Mapping[str, Any]


class SimpleOutcomes:
    """Outcomes of making variants simple."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self.above: Mapping[int, Above] = {}

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome of a row: parent, family, and what it holds beside its own level.

        That is values of attributes that a level above owns, categories and associations. The
        parent of a model is false.
        """
        parent, family, values, categories, associations = (
            orjson.loads(text or "null") for text in texts
        )
        if parent is False:
            return invalid(_OF_MODEL)
        above = self.above.get(parent or 0)
        if above is None:
            return unchanged()
        before: dict[str, Any] = {"parent": parent}
        after: dict[str, Any] = {"parent": None}
        self._keep_family(above, family, before, after)
        own = values or {}
        shown = resolve([*above.levels, own], above.variant).document()
        members = changed_members(categories, {*categories, *above.categories})
        linked = difference(associations, merge(above.associations, associations))
        parts = {"values": difference(own, shown), "categories": members, "associations": linked}
        for name, (was, now) in parts.items():
            if now:
                before[name], after[name] = was, now
        return patched(before, after)

    def _keep_family(
        self, above: Above, family: int | None, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        of_variant = self._structure.families[above.variant.family].id
        if family != of_variant:
            before["family"], after["family"] = family, of_variant


class SimpleRows(Rows):
    """Rows that become simple products."""

    looks_at = None

    def __init__(self, structure: Structure) -> None:
        self._simple = SimpleOutcomes(structure)
        super().__init__(self._simple, ("*", "parent"))
        self._structure = structure
        self._owned_above = _owned_above(structure)

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
        """Read the models above the rows once each, and decide."""
        rows = self._read(session, structure, kind, ids, hold=hold)
        parents = (orjson.loads(each or "null") for each in rows["text0"].unique())
        self._simple.above = _models(session, [p for p in parents if p], structure, hold=hold)
        return self._decided(kind, rows)

    def reads(self, reader: CellReader) -> list[str]:
        """Return what `SimpleOutcomes.of` wants."""
        if reader.of_models:
            return ["'false'", "NULL", "NULL", "NULL", "NULL"]
        above = reader.bind(self._owned_above, "jsonb")
        values = (
            "(SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(e.values) AS o"  # noqa: S608
            f" WHERE {above} -> p1.family_variant_id::text ? o.key)::text"
        )
        return [
            "to_jsonb(e.parent_id)::text",
            "to_jsonb(e.family_id)::text",
            values,
            "to_jsonb(e.categories)::text",
            "e.associations::text",
        ]

    def put(self, session: Session, change_set_id: int, decided: Decided) -> None:
        """Write the products, and the far ends of the links that they take along."""
        super().put(session, change_set_id, decided)
        mirrors = list(mirrors_of(self._structure, decided))
        write_mirrors(session, change_set_id=change_set_id, mirrors=mirrors)

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return the parent that goes, by code."""
        above = self._simple.above.get(orjson.loads(texts[0] or "null") or 0)
        code = above.code if above else None
        return [part_shown("parent", outcome, code, None if outcome.after else code)]


def _owned_above(structure: Structure) -> str:
    """Return as JSON the attributes that products of each family variant have from their models."""
    families = structure.families
    return json_text(
        {
            str(variant.id): [
                attribute
                for attribute in families[variant.family].attributes
                if variant.owner(attribute) < len(variant.levels)
            ]
            for variant in structure.family_variants
        }
    )


def _models(
    session: Session, ids: Iterable[int], structure: Structure, *, hold: bool
) -> dict[int, Above]:
    """Return what models give to the products right below them, by id."""
    query = f"{_MODELS}{' FOR SHARE OF m' if hold else ''}"
    variants = structure.family_variants.by_id
    found = {}
    for row in session.execute(text(query), {"ids": sorted(set(ids))}):
        levels = [row.values] if row.root is None else [row.root, row.values]
        found[row.id] = Above(
            row.code,
            variants[row.family_variant_id],
            levels,
            frozenset(row.categories),
            merge(row.root_associations, row.associations),
        )
    return found


_MODELS = """
    SELECT m.id, m.code, m.family_variant_id, m.values, r.values AS root, m.associations,
        m.categories || coalesce(r.categories, '{}') AS categories,
        coalesce(r.associations, '{}') AS root_associations
    FROM product_model m LEFT JOIN product_model r ON r.id = m.parent_id
    WHERE m.id = ANY(:ids) ORDER BY m.id
"""

_OF_MODEL = Violation(
    code="not_a_variant",
    path="parent",
    message="A model does not become a product.",
    mend="Choose the variants below it.",
)
