"""Family variants: which attributes tell the variants apart, and which level owns the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import FamilyVariantSchema
from pim.structure.service import usage, variant_levels
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of


class FamilyVariants(Noun):
    """Family variants of one or two levels; family and axes stay as they were created."""

    code = "family_variant"
    name = "family variant"
    schema = FamilyVariantSchema
    table = table_of(models.FamilyVariant)
    defaults = {  # noqa: RUF012 - a constant of the noun
        "family": None,
        "labels": {},
        "levels": {},
        "overridable": [],
    }
    fixed = ("family",)
    unseen_when_new = True

    def stored(self, structure: Structure) -> Codes[domain.FamilyVariant]:
        """Return all family variants."""
        return structure.family_variants

    def document(self, thing: domain.FamilyVariant) -> Document:
        """Return the document of a stored family variant."""
        return {
            "code": thing.code,
            "family": thing.family,
            "labels": dict(thing.labels),
            "levels": {
                str(number): {"axes": list(level.axes), "attributes": sorted(level.attributes)}
                for number, level in enumerate(thing.levels, start=1)
            },
            "overridable": sorted(thing.overridable),
        }

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, labels, levels and what may be overridden."""
        findings = Findings()
        structure = draft.structure
        if old is None:
            findings.check_code(new["code"], CODE)
        findings.require(new, "family")
        new["family"] = findings.refer(
            structure.families, new["family"], path="family", what="family"
        )
        check_labels(findings, draft, new)
        if new["family"] is not None:
            variant_levels.check_levels(findings, structure, new)
            variant_levels.check_overridable(findings, structure, new)
            if old is not None:
                variant_levels.check_axes_kept(findings, old, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {
            "code": new["code"],
            "family_id": draft.structure.families[new["family"]].id,
            "labels": new["labels"],
            "levels": len(new["levels"]),
        }

    def after(self, session: Session, draft: Draft, written: Sequence[Planned]) -> None:
        """Write which level owns which attribute."""
        places = table_of(models.FamilyVariantAttribute)
        ids = [planned.id for planned in written]
        session.execute(delete(places).where(places.c.family_variant_id.in_(ids)))
        rows = [row for planned in written for row in _places(draft.structure, planned)]
        if rows:
            session.execute(insert(places), rows)

    def guard(self, session: Session, draft: Draft, old: Document, new: Document) -> Findings:
        """Refuse to move an attribute away from a level where products hold values of it."""
        findings = Findings()
        thing = draft.structure.family_variants.get(old["code"])
        if thing is None:  # planned by this very call
            return findings
        for code, level in variant_levels.deserted(old, new):
            products, models = usage.count_level(session, thing.id, code, level, len(thing.levels))
            if products or models:
                findings.add(
                    "in_use",
                    f"levels.{max(level, 1)}.attributes",
                    '{products} and {models} hold a value of "{value}" at level '
                    "{level}, which would no longer own it.",
                    value=code,
                    mend="Clear these values first, or leave the attribute at its level.",
                    products=usage.counted(products, "product"),
                    models=usage.counted(models, "product model"),
                    level=level,
                )
        return findings

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return that any attribute may be concerned."""
        return ("*",)

    def uses(self, session: Session, structure: Structure, thing: domain.FamilyVariant) -> Findings:
        """Refuse while product models vary by it."""
        findings = Findings()
        usage.note_rows(findings, session, "false", "family_variant_id = :id", id=thing.id)
        return findings


def _places(structure: Structure, planned: Planned) -> Iterable[Document]:
    """Yield the rows of a family variant; the root level is listed for overridable ones only."""
    levels, overridable = planned.new["levels"], set(planned.new["overridable"])
    level_of = {code: int(n) for n, level in levels.items() for code in level["attributes"]}
    axes = {axis: i for level in levels.values() for i, axis in enumerate(level["axes"])}
    for code in sorted({*level_of, *overridable}):
        yield {
            "family_variant_id": planned.id,
            "attribute_id": structure.attributes[code].id,
            "level": level_of.get(code, 0),
            "axis_position": axes.get(code),
            "overridable": code in overridable,
        }
