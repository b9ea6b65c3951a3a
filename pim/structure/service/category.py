"""Categories: nodes of trees; a root has no parent."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import CategorySchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, check_labels, table_of


class Categories(Noun):
    """Categories; a tree has no cycles, and the tree of a channel stays a root."""

    code = "category"
    name = "category"
    schema = CategorySchema
    table = table_of(models.Category)
    defaults = {"parent": None, "labels": {}}  # noqa: RUF012 - a constant of the noun

    def stored(self, structure: Structure) -> Codes[domain.Category]:
        """Return all categories."""
        return structure.categories

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check code, parent and labels."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        check_labels(findings, draft, new)
        if new["parent"] is not None:
            self._check_parent(findings, draft, new)
        return findings

    def _check_parent(self, findings: Findings, draft: Draft, new: Document) -> None:
        parent = self.known(draft, {"code": new["parent"]})
        if parent is None:
            findings.refer(
                draft.structure.categories, new["parent"], path="parent", what="category"
            )
            return
        new["parent"] = parent.document["code"]
        if new["code"].casefold() in self._ancestors(draft, new["parent"]):
            findings.add(
                "cycle",
                "parent",
                'The category "{code}" cannot lie below "{value}", which lies below it.',
                value=new["parent"],
                mend="Move that one out first.",
                code=new["code"],
            )
        trees = [c.code for c in draft.structure.channels if c.tree == new["code"]]
        if trees:
            findings.add(
                "in_use",
                "parent",
                'The category "{code}" is the tree of the channels {names} and must stay a root.',
                value=new["parent"],
                mend="Give these channels another tree first.",
                code=new["code"],
                names=", ".join(trees),
            )

    def _ancestors(self, draft: Draft, code: str | None) -> set[str]:
        """Return a category and all above it, in lower case, as this call will leave them."""
        seen: set[str] = set()
        while code is not None and code.casefold() not in seen:
            seen.add(code.casefold())
            stored = self.known(draft, {"code": code})
            code = stored.document["parent"] if stored else None
        return seen

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        parent = self.known(draft, {"code": new["parent"]}) if new["parent"] else None
        return {
            "code": new["code"],
            "labels": new["labels"],
            "parent_id": parent.id if parent else None,
        }

    def uses(self, session: Session, structure: Structure, thing: domain.Category) -> Findings:
        """Refuse while it has children, is a channel's tree, or holds products."""
        findings = Findings()
        children = [c.code for c in structure.categories if c.parent == thing.code]
        usage.note_names(findings, "categories below it", children)
        trees = [c.code for c in structure.channels if c.tree == thing.code]
        usage.note_names(findings, "channels as their tree", trees)
        inside = "categories @> ARRAY[CAST(:id AS bigint)]"
        usage.note_rows(findings, session, inside, inside, id=thing.id)
        return findings
