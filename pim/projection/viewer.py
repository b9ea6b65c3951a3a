"""Who looks: the only entrance to search checks what this person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pim.domain.conditions import All, Any_, Condition, Leaf, Node, leaves
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import NotFound, NotPermitted
from pim.projection import columns


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """What a person may not see: attributes (by code), and products outside some categories.

    `categories` are codes whose products are visible, with all below them; products in no category
    are everybody's. None means all categories.
    """

    hidden: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] | None = None

    def hides(self, code: str) -> bool:
        """Tell whether an attribute may not be seen, without regard to case."""
        return code.casefold() in {hidden.casefold() for hidden in self.hidden}


def compile(  # noqa: A001 - the design's own word for the entrance
    condition: Condition, viewer: Viewer | None, structure: Structure, *, also: Iterable[str] = ()
) -> Node:
    """Return what a viewer may ask: the condition, limited to the products that the viewer sees.

    `also` names columns that are sorted by or shown. Raises NotPermitted if the condition or one
    of these reads a hidden attribute: the order of a list tells values as its rows do.
    """
    if viewer is None:
        return condition.root
    asked = [leaf.field for leaf in leaves(condition.root)]
    asked += [
        column.attribute.code for name in also if (column := _find(structure, name)).attribute
    ]
    refused = [_refusal(code) for code in dict.fromkeys(asked) if viewer.hides(code)]
    if refused:
        raise NotPermitted("The search reads attributes that you may not see.", refused)
    if viewer.categories is None:
        return condition.root
    unclassified = Leaf(field="categories", operator="UNCLASSIFIED")
    inside = Leaf(field="categories", operator="IN CHILDREN", value=sorted(viewer.categories))
    return All((condition.root, Any_((unclassified, inside))))


def _find(structure: Structure, name: str) -> columns.Column:
    try:
        return columns.find(structure, name)
    except NotFound:
        return columns.Column(name=name, dtype=columns.SYSTEM["identifier"])


def _refusal(code: str) -> Violation:
    return Violation(
        code="attribute_hidden",
        path=code,
        message="You may not see the attribute {attribute}, so you cannot search or sort by it.",
        parameters={"attribute": code},
        mend="Leave it out, or ask for the right to see its attribute group.",
    )
