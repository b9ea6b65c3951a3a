"""Product groups and their types."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import GroupSchema, GroupTypeSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, check_labels, table_of


class GroupTypes(Noun):
    """Kinds of groups."""

    code = "group_type"
    name = "group type"
    schema = GroupTypeSchema
    table = table_of(models.GroupType)

    def stored(self, structure: Structure) -> Codes[domain.GroupType]:
        """Return all group types."""
        return structure.group_types

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code and labels."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {"code": new["code"], "labels": new["labels"]}

    def uses(self, session: Session, structure: Structure, thing: domain.GroupType) -> Findings:
        """Refuse while there are groups of it."""
        findings = Findings()
        groups = [group.code for group in structure.groups if group.type == thing.code]
        usage.note_names(findings, "groups", groups)
        return findings


class Groups(Noun):
    """Named sets of products."""

    code = "group"
    name = "group"
    schema = GroupSchema
    table = table_of(models.Group)
    defaults = {"type": None, "labels": {}}  # noqa: RUF012 - a constant of the noun

    def stored(self, structure: Structure) -> Codes[domain.Group]:
        """Return all groups."""
        return structure.groups

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, type and labels."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        findings.require(new, "type")
        new["type"] = findings.refer(
            draft.structure.group_types, new["type"], path="type", what="group type"
        )
        check_labels(findings, draft, new)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        type_id = draft.structure.group_types[new["type"]].id
        return {"code": new["code"], "labels": new["labels"], "type_id": type_id}

    def uses(self, session: Session, structure: Structure, thing: domain.Group) -> Findings:
        """Refuse while products are in it."""
        findings = Findings()
        usage.note_rows(
            findings, session, "groups @> ARRAY[CAST(:id AS bigint)]", "false", id=thing.id
        )
        return findings
