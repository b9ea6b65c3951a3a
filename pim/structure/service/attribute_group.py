"""Attribute groups: the drawers in which attributes are shown."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import AttributeGroupSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, check_labels, table_of


class AttributeGroups(Noun):
    """Attribute groups, in an order of their own."""

    code = "attribute_group"
    name = "attribute group"
    schema = AttributeGroupSchema
    table = table_of(models.AttributeGroup)
    defaults = {"labels": {}, "sort_order": 0}  # noqa: RUF012 - a constant of the noun
    unseen_when_new = True
    unseen = frozenset(defaults)

    def stored(self, structure: Structure) -> Codes[domain.AttributeGroup]:
        """Return all groups."""
        return structure.attribute_groups

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code and labels."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {name: new[name] for name in ("code", "labels", "sort_order")}

    def uses(
        self, session: Session, structure: Structure, thing: domain.AttributeGroup
    ) -> Findings:
        """Refuse while attributes lie in it."""
        findings = Findings()
        inside = [a.code for a in structure.attributes if a.group == thing.code]
        usage.note_names(findings, "attributes", inside)
        return findings
