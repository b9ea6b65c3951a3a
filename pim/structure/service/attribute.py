"""Attributes: what values may hold; the types themselves say which settings make sense."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.attribute_types import ATTRIBUTE_TYPES, check_definition
from pim.domain.codes import CODE, is_reserved
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import AttributeSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of

IDENTIFIER = "pim_catalog_identifier"


class Attributes(Noun):
    """Attributes; type, scopes and uniqueness stay as they were created."""

    code = "attribute"
    name = "attribute"
    schema = AttributeSchema
    table = table_of(models.Attribute)
    defaults = {  # noqa: RUF012 - a constant of the noun
        "type": None,
        "group": None,
        "labels": {},
        "unique": False,
        "localizable": False,
        "scopable": False,
        "available_locales": [],
        "sort_order": 0,
        "usable_in_grid": True,
        "properties": {},
    }
    fixed = ("type", "unique", "localizable", "scopable")
    unseen_when_new = True
    unseen = frozenset({"group", "labels", "sort_order", "usable_in_grid"})

    def stored(self, structure: Structure) -> Codes[domain.Attribute]:
        """Return all attributes."""
        return structure.attributes

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, references, and the definition by the rules of its type."""
        findings = Findings()
        structure = draft.structure
        if old is None:
            _check_new_code(findings, new["code"])
        findings.require(new, "type", "group")
        new["group"] = findings.refer(
            structure.attribute_groups, new["group"], path="group", what="attribute group"
        )
        check_labels(findings, draft, new)
        _settle(new)
        _resolve(findings, structure, new)
        if new["type"] is not None:
            _check_definition(findings, structure, new)
        if old is None:
            _check_one_identifier(findings, draft, new)
        else:
            findings.check_fixed(old["properties"], new["properties"], ("metric_family",))
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        names = ("code", "type", "labels", "localizable", "scopable", "available_locales")
        more = ("sort_order", "usable_in_grid", "properties")
        group_id = draft.structure.attribute_groups[new["group"]].id
        columns = {name: new[name] for name in (*names, *more)}
        return {**columns, "group_id": group_id, "is_unique": new["unique"]}

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return the attributes themselves."""
        return {planned.new["code"] for planned in written}

    def is_unseen(self, planned: Planned) -> bool:
        """Tell whether every product publishes the same; a new identifier names them all."""
        if planned.old is None and planned.new["type"] == IDENTIFIER:
            return False
        return super().is_unseen(planned)

    def uses(self, session: Session, structure: Structure, thing: domain.Attribute) -> Findings:
        """Refuse while families, channels or values use it."""
        findings = Findings()
        families = [f.code for f in structure.families if thing.code in f.attributes]
        usage.note_names(findings, "families", families)
        channels = [c.code for c in structure.channels if thing.code in c.conversion_units]
        usage.note_names(findings, "channels (as conversion unit)", channels)
        holds = '"values" ? :code'
        usage.note_rows(findings, session, holds, holds, what="hold a value of it", code=thing.code)
        return findings


def _check_new_code(findings: Findings, code: str) -> None:
    findings.check_code(code, CODE)
    if is_reserved(code):
        findings.add(
            "reserved_code",
            "code",
            'The code "{value}" already names a field of every product.',
            value=code,
            mend="Choose another one, such as {value}_of_product.",
        )


def _settle(new: Document) -> None:
    """Fill in what the type implies, and drop empty settings."""
    if new["type"] == IDENTIFIER:
        new["unique"] = True
    new["properties"] = {
        name: value for name, value in new["properties"].items() if value not in (None, "", [])
    }


def _resolve(findings: Findings, structure: Structure, new: Document) -> None:
    """Bring references to their stored spelling; the type itself notes unknown ones."""
    new["available_locales"] = [
        getattr(structure.locales.get(code), "code", code) for code in new["available_locales"]
    ]
    properties = new["properties"]
    family = structure.measurement_families.get(properties.get("metric_family"))
    if family is not None:
        properties["metric_family"] = family.code
        unit = family.units.get(properties.get("default_metric_unit"))
        if unit is not None:
            properties["default_metric_unit"] = unit.code


def _check_definition(findings: Findings, structure: Structure, new: Document) -> None:
    """Note what the type has against it, and leave out settings that it does not know."""
    findings.extend(check_definition(_attribute(new), structure))
    kind = ATTRIBUTE_TYPES.get(new["type"])
    known = kind.settings if kind is not None else {}
    new["properties"] = {k: v for k, v in new["properties"].items() if k in known}


def _attribute(new: Document) -> domain.Attribute:
    given = {
        **new,
        "group": new["group"] or "",
        "available_locales": tuple(new["available_locales"]),
    }
    return domain.Attribute(id=0, **given)


def _check_one_identifier(findings: Findings, draft: Draft, new: Document) -> None:
    """Note a second identifier: what names the products must not be a matter of order."""
    if new["type"] != IDENTIFIER:
        return
    planned = (p.new for p in draft.planned.values())
    others = [a.code for a in draft.structure.attributes if a.type == IDENTIFIER]
    others += [document["code"] for document in planned if document["type"] == IDENTIFIER]
    if others:
        findings.add(
            "second_identifier",
            "type",
            'There is an identifier already: "{identifier}".',
            value=new["type"],
            mend="Make it a text attribute that is unique.",
            identifier=others[0],
        )
