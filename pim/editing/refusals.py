"""What a bulk edit refuses, as a whole or for single products."""

from __future__ import annotations

from collections.abc import Sequence

from pim.domain.operations import CellOperation, Operation
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused


def refuse_identity(steps: Sequence[Operation], structure: Structure) -> None:
    """Refuse to change what tells products apart, many at a time."""
    axes = {a for v in structure.family_variants for level in v.levels for a in level.axes}
    found = [
        Violation(
            code="not_in_bulk",
            path=f"do[{number}].field",
            message="{field} tells products apart and is not changed in bulk.",
            parameters={"field": step.field},
            value=step.field,
            mend="Change it product by product, or by an import.",
        )
        for number, step in enumerate(steps)
        if isinstance(step, CellOperation)
        and (structure.attributes[step.field].unique or step.field in axes)
    ]
    if found:
        raise Refused("The operations are not valid.", found)


def foreign(step: CellOperation) -> Violation:
    """Return what is wrong with a product whose family lacks the attribute."""
    return Violation(
        code="not_in_family",
        path=step.field,
        message="{field} is not an attribute of its family.",
        parameters={"field": step.field},
        mend="Add the attribute to the family, or narrow the condition.",
    )


def below(step: CellOperation) -> Violation:
    """Return what is wrong with a model whose attribute is owned under it."""
    return Violation(
        code="owned_below",
        path=step.field,
        message="{field} is owned by a level below this model.",
        parameters={"field": step.field},
        mend="Choose the variants, or the models of the next level.",
    )
