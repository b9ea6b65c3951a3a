"""Family variants: which attributes tell the variants apart, and which level owns the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import FamilyVariantSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of

MOST_AXES = 5


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
            _check_levels(findings, structure, new)
            _check_overridable(findings, structure, new)
            if old is not None:
                _check_axes_kept(findings, old, new)
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

    def uses(self, session: Session, structure: Structure, thing: domain.FamilyVariant) -> Findings:
        """Refuse while product models vary by it."""
        findings = Findings()
        usage.note_rows(findings, session, "false", "family_variant_id = :id", id=thing.id)
        return findings


def _check_levels(findings: Findings, structure: Structure, new: Document) -> None:
    """Bring levels to their stored form: axes belong to their level, unique ones to the last."""
    family = structure.families[new["family"]]
    given = new["levels"]
    if "1" not in given:
        findings.add(
            "required",
            "levels.1.axes",
            "A family variant needs at least one level with an axis.",
            mend="Name the attributes that tell the variants apart.",
        )
        return
    levels = {
        number: _level(findings, structure, family, number, given[number] or {})
        for number in sorted(given)
    }
    _place_unique(findings, structure, family, levels)
    _check_placed_once(findings, levels)
    new["levels"] = levels


def _level(
    findings: Findings, structure: Structure, family: domain.Family, number: str, given: Document
) -> Document:
    """Return one level with its axes and attributes, axes included, in stored spelling."""
    axes = _members(findings, structure, family, given.get("axes"), f"levels.{number}.axes")
    owned = _members(
        findings, structure, family, given.get("attributes"), f"levels.{number}.attributes"
    )
    if not 1 <= len(axes) <= MOST_AXES:
        findings.add(
            "axes",
            f"levels.{number}.axes",
            "Level {number} has {count} axes; it may have from 1 to {most}.",
            mend="Name the attributes that tell the variants of this level apart.",
            number=number,
            count=len(axes),
            most=MOST_AXES,
        )
    for axis in axes:
        _check_axis(findings, structure.attributes[axis], f"levels.{number}.axes")
    return {"axes": axes, "attributes": sorted({*axes, *owned})}


def _members(
    findings: Findings,
    structure: Structure,
    family: domain.Family,
    given: Iterable[str] | None,
    path: str,
) -> list[str]:
    """Return attributes of the family in stored spelling; strangers are noted."""
    found = findings.refer_all(structure.attributes, given or (), path=path, what="attribute")
    for code in found:
        if code not in family.attributes:
            findings.add(
                "not_in_family",
                path,
                'The attribute "{value}" is not one of the family "{family}".',
                value=code,
                mend="Add it to the family first, or take it out here.",
                family=family.code,
            )
    return [code for code in found if code in family.attributes]


def _check_axis(findings: Findings, attribute: domain.Attribute, path: str) -> None:
    allowed = [kind.code for kind in ATTRIBUTE_TYPES.values() if kind.axis_allowed]
    scoped = attribute.localizable or attribute.scopable or bool(attribute.available_locales)
    if attribute.type not in allowed or scoped or attribute.unique:
        findings.add(
            "invalid_axis",
            path,
            'The attribute "{value}" ({type}) cannot be an axis.',
            value=attribute.code,
            mend="An axis is one of {allowed}, without locales and channels, and not unique.",
            type=attribute.type,
            allowed=", ".join(allowed),
        )


def _place_unique(
    findings: Findings, structure: Structure, family: domain.Family, levels: dict[str, Document]
) -> None:
    """Move the identifier and unique attributes to the last level, where products are."""
    last = max(levels)
    unique = {code for code in family.attributes if structure.attributes[code].unique}
    for number, level in levels.items():
        misplaced = sorted(unique & set(level["attributes"])) if number != last else []
        for code in misplaced:
            findings.add(
                "unique_above",
                f"levels.{number}.attributes",
                'The attribute "{value}" is unique, so it is put at the last level.',
                value=code,
                mend="List it at level {last}.",
                severity="warning",
                last=last,
            )
        level["attributes"] = [code for code in level["attributes"] if code not in misplaced]
    levels[last]["attributes"] = sorted(unique | set(levels[last]["attributes"]))


def _check_placed_once(findings: Findings, levels: dict[str, Document]) -> None:
    both = set(levels["1"]["attributes"]) & set(levels.get("2", {}).get("attributes", ()))
    for code in sorted(both):
        findings.add(
            "placed_twice",
            "levels.2.attributes",
            'The attribute "{value}" is at both levels; a value lives at one.',
            value=code,
            mend="List it at one level only.",
        )


def _check_overridable(findings: Findings, structure: Structure, new: Document) -> None:
    """Note attributes that no level below could override."""
    path = "overridable"
    given = _members(findings, structure, structure.families[new["family"]], new[path], path)
    last = new["levels"].get(max(new["levels"], default=""), {})
    axes = {axis for level in new["levels"].values() for axis in (level or {}).get("axes") or ()}
    for code in given:
        if code in axes or code in (last.get("attributes") or ()):
            findings.add(
                "not_overridable",
                path,
                'The attribute "{value}" is an axis or belongs to the last level already.',
                value=code,
                mend="Take it out: only values of a level above can be overridden.",
            )
    new[path] = sorted(given)


def _check_axes_kept(findings: Findings, old: Document, new: Document) -> None:
    """Note a change of levels or axes: the variants that exist are told apart by them."""
    for number in sorted({*old["levels"], *new["levels"]}):
        was = old["levels"].get(number, {}).get("axes", [])
        now = (new["levels"].get(number) or {}).get("axes") or []
        if was != now:
            findings.add(
                "immutable",
                f"levels.{number}.axes",
                'The axes of level {number} are "{was}" since its creation and stay so.',
                value=",".join(now),
                mend="Create another family variant with the axes that you want.",
                number=number,
                was=",".join(was),
            )


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
