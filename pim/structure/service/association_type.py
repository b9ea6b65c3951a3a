"""Association types: kinds of links between products."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import AssociationTypeSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, check_labels, table_of


class AssociationTypes(Noun):
    """Association types: one-way, two-way or with quantities."""

    code = "association_type"
    name = "association type"
    schema = AssociationTypeSchema
    table = table_of(models.AssociationType)
    defaults = {"labels": {}, "two_way": False, "quantified": False}  # noqa: RUF012 - a constant
    fixed = ("two_way", "quantified")

    def stored(self, structure: Structure) -> Codes[domain.AssociationType]:
        """Return all association types."""
        return structure.association_types

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code and labels, and that quantities go one way."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        if new["two_way"] and new["quantified"]:
            findings.add(
                "contradiction",
                "quantified",
                "An association type cannot be two-way and have quantities.",
                mend="Choose one: a pack of six does not make its parts packs of six.",
            )
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {name: new[name] for name in ("code", "labels", "two_way", "quantified")}

    def uses(
        self, session: Session, structure: Structure, thing: domain.AssociationType
    ) -> Findings:
        """Refuse while products are associated by it."""
        findings = Findings()
        where = "associations ? :code"
        usage.note_rows(findings, session, where, where, code=thing.code)
        return findings
