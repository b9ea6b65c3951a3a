"""What keeps a product from another parent, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pim.domain.structure import FamilyVariant
from pim.domain.violations import Violation

OF_MODEL = Violation(
    code="parent_of_model",
    path="parent",
    message="Models do not move below another model.",
    mend="Choose the products below it.",
)


def unknown(code: str) -> Violation:
    """Return that there is no such model."""
    return Violation(
        code="parent_unknown",
        path="parent",
        message='There is no product model "{value}".',
        parameters={"value": code},
        value=code,
        mend="Correct the code, or create the model first.",
    )


def wrong_level(parent: str, variant: FamilyVariant) -> Violation:
    """Return that products do not stand right below the model."""
    return Violation(
        code="parent_level",
        path="parent",
        message='"{value}" is a root model of {variant}, whose products stand below a sub model.',
        parameters={"value": parent, "variant": variant.code},
        value=parent,
        mend="Name the sub model as parent.",
    )


def other_variant(own: str, parent: str, variant: FamilyVariant) -> Violation:
    """Return that a variant of another family variant does not fit."""
    return Violation(
        code="family_variant_differs",
        path="parent",
        message='It varies by {own}, and the model "{value}" by {variant}.',
        parameters={"value": parent, "own": own, "variant": variant.code},
        value=parent,
        mend="Make it simple first (to_simple), and put it below the model then.",
    )


def other_family(own: str, parent: str, variant: FamilyVariant) -> Violation:
    """Return that a product of another family, or of none, does not fit."""
    return Violation(
        code="family_differs",
        path="parent",
        message='The model "{value}" belongs to the family {family}, and the product to {own}.',
        parameters={"value": parent, "family": variant.family, "own": own or "none"},
        value=parent,
        mend="Give it that family first (set_family).",
    )


def no_axis(axis: str) -> Violation:
    """Return that a product cannot be told from its siblings."""
    return Violation(
        code="axis_missing",
        path=axis,
        message="The axis {axis} has no value.",
        parameters={"axis": axis},
        mend="Fill it in: a variant is told from its siblings by its axes.",
    )


def taken(
    owner: str | None, parent: str, axes: Sequence[str], values: Sequence[Any]
) -> Violation | None:
    """Return that somebody else below the model has the same axes; None if nobody has."""
    if owner is None:
        return None
    given = ", ".join(str(value) for value in values)
    return Violation(
        code="axis_taken",
        path=axes[-1],
        message='"{owner}" below {parent} has the same {axes}: {values}.',
        parameters={
            "owner": owner, "parent": parent, "axes": " and ".join(axes), "values": given,
        },
        value=given,
        mend="Change an axis of one of the two, or choose another model.",
    )  # fmt: skip
