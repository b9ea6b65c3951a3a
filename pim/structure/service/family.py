"""Families: the attributes of a kind of product, and those that each channel requires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import FamilySchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of

LABEL_TYPES = frozenset({"pim_catalog_text", "pim_catalog_identifier"})
IMAGE_TYPES = frozenset({"pim_catalog_image", "pim_catalog_asset_collection"})

#: Attributes that a family lost leave its variants; new unique ones belong to the last level.
_LEAVE = text(
    """
    DELETE FROM family_variant_attribute a USING family_variant v
    WHERE v.id = a.family_variant_id AND v.family_id = :family AND NOT a.attribute_id = ANY(:kept)
    """
)
_JOIN = text(
    """
    INSERT INTO family_variant_attribute (family_variant_id, attribute_id, level)
    SELECT v.id, a.id, v.levels FROM family_variant v, attribute a
    WHERE v.family_id = :family AND a.id = ANY(:kept) AND a.is_unique
    ON CONFLICT (family_variant_id, attribute_id) DO NOTHING
    """
)


class Families(Noun):
    """Families; the identifier is in each of them."""

    code = "family"
    name = "family"
    schema = FamilySchema
    table = table_of(models.Family)
    defaults = {  # noqa: RUF012 - a constant of the noun
        "labels": {},
        "attributes": [],
        "attribute_as_label": None,
        "attribute_as_image": None,
        "requirements": {},
    }
    unseen_when_new = True

    def stored(self, structure: Structure) -> Codes[domain.Family]:
        """Return all families."""
        return structure.families

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, labels, attributes, requirements, and what variants need."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        _resolve_attributes(findings, draft, new)
        _check_chosen(findings, draft.structure, new, "attribute_as_label", LABEL_TYPES)
        _check_chosen(findings, draft.structure, new, "attribute_as_image", IMAGE_TYPES)
        _check_requirements(findings, draft.structure, new)
        if old is not None:
            _check_axes(findings, draft.structure, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {
            "code": new["code"],
            "labels": new["labels"],
            "attribute_as_label_id": _id(draft.structure, new["attribute_as_label"]),
            "attribute_as_image_id": _id(draft.structure, new["attribute_as_image"]),
        }

    def after(self, session: Session, draft: Draft, written: Sequence[Planned]) -> None:
        """Write the members of the families and bring their variants in line."""
        members = table_of(models.FamilyAttribute)
        ids = [planned.id for planned in written]
        session.execute(delete(members).where(members.c.family_id.in_(ids)))
        rows = [row for planned in written for row in _members(draft.structure, planned)]
        if rows:
            session.execute(insert(members), rows)
        for planned in written:
            if planned.old is not None and planned.old["attributes"] != planned.new["attributes"]:
                kept = [_id(draft.structure, code) for code in planned.new["attributes"]]
                session.execute(_LEAVE, {"family": planned.id, "kept": kept})
                session.execute(_JOIN, {"family": planned.id, "kept": kept})

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return that any attribute may be concerned."""
        return ("*",)

    def uses(self, session: Session, structure: Structure, thing: domain.Family) -> Findings:
        """Refuse while it has variants or products."""
        findings = Findings()
        variants = [v.code for v in structure.family_variants if v.family == thing.code]
        usage.note_names(findings, "family variants", variants)
        usage.note_rows(findings, session, "family_id = :id", "false", id=thing.id)
        return findings


def _id(structure: Structure, code: str | None) -> int | None:
    return None if code is None else structure.attributes[code].id


def _resolve_attributes(findings: Findings, draft: Draft, new: Document) -> None:
    """Give the attributes in their own order, each once, the identifier among them."""
    structure = draft.structure
    given = findings.refer_all(
        structure.attributes, new["attributes"], path="attributes", what="attribute"
    )
    members = set(given)
    if structure.identifier is not None:
        members.add(structure.identifier.code)
    new["attributes"] = sorted(members, key=draft.positions.__getitem__)


def _check_chosen(
    findings: Findings, structure: Structure, new: Document, path: str, types: frozenset[str]
) -> None:
    """Check the attribute that stands for the product in lists."""
    new[path] = code = findings.refer(structure.attributes, new[path], path=path, what="attribute")
    if code is None:
        return
    if code not in new["attributes"]:
        _note_stranger(findings, new, path, code)
    elif structure.attributes[code].type not in types:
        findings.add(
            "wrong_type",
            path,
            'The attribute "{value}" is of type {type}; {path} needs one of {types}.',
            value=code,
            mend="Choose another attribute of the family.",
            type=structure.attributes[code].type,
            types=", ".join(sorted(types)),
            path=path,
        )


def _note_stranger(findings: Findings, new: Document, path: str, code: str) -> None:
    findings.add(
        "not_in_family",
        path,
        'The attribute "{value}" is not one of the family "{family}".',
        value=code,
        mend="Add it to the family's attributes, or take it out here.",
        family=new["code"],
    )


def _check_requirements(findings: Findings, structure: Structure, new: Document) -> None:
    resolved: dict[str, list[str]] = {}
    for channel, codes in new["requirements"].items():
        path = f"requirements.{channel}"
        stored = findings.refer(structure.channels, channel, path=path, what="channel")
        required = findings.refer_all(
            structure.attributes, codes or (), path=path, what="attribute"
        )
        for code in required:
            if code not in new["attributes"]:
                _note_stranger(findings, new, path, code)
        if stored is not None and required:
            resolved[stored] = sorted(required)
    new["requirements"] = resolved


def _check_axes(findings: Findings, structure: Structure, new: Document) -> None:
    """Note axes of variants that the family would lose."""
    for variant in structure.family_variants:
        if variant.family != new["code"]:
            continue
        for axis in (axis for level in variant.levels for axis in level.axes):
            if axis not in new["attributes"]:
                findings.add(
                    "in_use",
                    "attributes",
                    'The attribute "{value}" cannot leave: it is an axis of "{variant}".',
                    value=axis,
                    mend="Keep it; the axes of a family variant stay as they were created.",
                    variant=variant.code,
                )


def _members(structure: Structure, planned: Planned) -> Iterable[Document]:
    """Yield the rows of a family's attributes with the channels that require each."""
    requirements = planned.new["requirements"]
    for code in planned.new["attributes"]:
        yield {
            "family_id": planned.id,
            "attribute_id": structure.attributes[code].id,
            "required_in": [
                structure.channels[channel].id
                for channel, required in requirements.items()
                if code in required
            ],
        }
