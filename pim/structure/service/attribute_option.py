"""Attribute options: the choices of a select attribute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.attribute_types import type_of
from pim.domain.codes import OPTION_CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import AttributeOptionSchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Planned, check_labels, table_of

ALLOWED = "at most 100 letters, digits, underscores and hyphens, without spaces or accents"


class AttributeOptions(Noun):
    """Options; a new one without an order of its own goes last."""

    code = "option"
    name = "attribute option"
    schema = AttributeOptionSchema
    table = table_of(models.AttributeOption)
    defaults = {"attribute": None, "labels": {}, "sort_order": None}  # noqa: RUF012 - a constant
    fixed = ("attribute",)

    def stored(self, structure: Structure) -> Codes[domain.AttributeOption]:
        """Refuse: a code of an option means nothing without its attribute."""
        raise TypeError("Options are found by attribute and code.")

    def everything(self, structure: Structure) -> Iterable[domain.AttributeOption]:
        """Return all options, attribute by attribute."""
        return (option for attribute in structure.attributes for option in attribute.options)

    def find(self, structure: Structure, document: Document) -> domain.AttributeOption | None:
        """Return the stored option that a document names."""
        attribute = structure.attributes.get(document["attribute"])
        return None if attribute is None else attribute.options.get(document["code"])

    def key(self, document: Document) -> str:
        """Return attribute and code."""
        return f"{document['attribute']}.{document['code']}"

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check that the attribute has options, the code, the labels."""
        findings = Findings()
        attributes = draft.structure.attributes
        code = findings.refer(attributes, new["attribute"], path="attribute", what="attribute")
        if code is None:
            return findings
        new["attribute"] = code
        if not type_of(attributes[code]).has_options:
            findings.add(
                "no_options",
                "attribute",
                'The attribute "{value}" is of type {type} and has no options.',
                value=code,
                mend="Name a select attribute.",
                type=attributes[code].type,
            )
        if old is None:
            findings.check_code(new["code"], OPTION_CODE, allowed=ALLOWED)
        check_labels(findings, draft, new)
        _place(draft, attributes[code], new, is_new=old is None)
        return findings

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {
            "attribute_id": draft.structure.attributes[new["attribute"]].id,
            "code": new["code"],
            "labels": new["labels"],
            "sort_order": new["sort_order"],
        }

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return the attributes whose options changed."""
        return {planned.new["attribute"] for planned in written}

    def uses(
        self, session: Session, structure: Structure, thing: domain.AttributeOption
    ) -> Findings:
        """Refuse while products have it; as a value of an axis it is what tells them apart."""
        findings = Findings()
        usage.note_data(findings, session, thing.attribute, thing.code)
        return findings


def _place(draft: Draft, attribute: domain.Attribute, new: Document, *, is_new: bool) -> None:
    """Give an option without an order the next one of its attribute."""
    last = draft.counters.get(attribute.code)
    if last is None:
        last = max((option.sort_order for option in attribute.options), default=0)
    if new["sort_order"] is None:
        new["sort_order"] = last + 1 if is_new else 0
    draft.counters[attribute.code] = max(last, new["sort_order"])
