"""What a bulk edit refuses, as a whole or for single products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from pim.domain.operations import CellOperation, LinkOperation, Operation, SetParent
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.carrying import strays
from pim.editing.carrying.links import targets_of, unknown_target
from pim.errors import Refused
from pim.products.lookups import ids_of
from pim.products.models import MODEL


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


def refuse_unknown(session: Session, steps: Sequence[Operation], structure: Structure) -> None:
    """Refuse to link with what is not there, and to move below a model that is not there."""
    found: list[Violation] = []
    for number, step in enumerate(steps):
        path = f"do[{number}]"
        if isinstance(step, LinkOperation):
            found += [
                unknown_target(f"{path}.{side}", name, side)
                for side, names in targets_of(session, step, structure).items()
                for name, known in names.items()
                if known is None
            ]
        elif isinstance(step, SetParent) and not ids_of(session, MODEL, [step.parent]):
            found.append(replace(strays.unknown(step.parent), path=f"{path}.parent"))
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
