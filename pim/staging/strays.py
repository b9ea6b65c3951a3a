"""What keeps a row from its place, in words: its parent, its family or its variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pim.domain.structure import Structure
from pim.domain.violations import Violation

Row = Mapping[str, Any]


def stray(problem: str, row: Row, columns: Mapping[str, str], structure: Structure) -> Violation:
    """Return the violation of a row, by the name of what is wrong with it.

    `columns` are the headers of the columns at fault, where the file has them.
    """
    violation = _STRAYS[problem](row, structure)
    value = row.get(violation.path, "")
    return replace(
        violation,
        path=columns.get(violation.path, violation.path),
        parameters={**violation.parameters, "value": value},
        value=value or None,
    )


_PARENT_UNKNOWN = Violation(
    code="parent_unknown",
    path="parent",
    message='There is no product model "{value}".',
    mend="Correct the code, or import the model first; if its own row was rejected, mend that row.",
)
_PARENT_CHANGED = Violation(
    code="parent_changed",
    path="parent",
    message='The parent is not "{value}", and an import does not move a product or model.',
    mend="Leave the cell empty to keep the parent.",
)
_FAMILY_UNKNOWN = Violation(
    code="family_unknown",
    path="family",
    message='There is no family "{value}".',
    mend="Correct the code, or import the family first.",
)
_VARIANT_UNKNOWN = Violation(
    code="family_variant_unknown",
    path="family_variant",
    message='There is no family variant "{value}".',
    mend="Correct the code, or import the family variant first.",
)
_VARIANT_MISSING = Violation(
    code="family_variant_missing",
    path="family_variant",
    message="A new root model needs a family variant.",
    mend="Name one in the column family_variant.",
)
_VARIANT_DIFFERS = Violation(
    code="family_variant_differs",
    path="family_variant",
    message='The family variant is not "{value}", and it cannot change.',
    mend="Leave the cell empty to keep it.",
)
_TOO_LOW = Violation(
    code="parent_level",
    path="parent",
    message='"{value}" takes no models below it: its family variant has no further level.',
    mend="Name a root model whose family variant has two levels.",
)


def _family_differs(row: Row, structure: Structure) -> Violation:
    variant = structure.family_variants.by_id[row["parent_variant"]]
    return Violation(
        code="family_differs",
        path="family",
        message='The family is "{value}", but the parent belongs to {family}.',
        parameters={"family": variant.family},
        mend="Leave the cell empty to take the parent's family.",
    )


def _too_high(row: Row, structure: Structure) -> Violation:
    variant = structure.family_variants.by_id[row["parent_variant"]]
    return Violation(
        code="parent_level",
        path="parent",
        message='"{value}" is a root model of {variant}, whose products stand below a sub model.',
        parameters={"variant": variant.code},
        mend="Name the sub model as parent.",
    )


_STRAYS: Final[Mapping[str, Callable[[Row, Structure], Violation]]] = {
    "parent unknown": lambda _row, _structure: _PARENT_UNKNOWN,
    "parent changed": lambda _row, _structure: _PARENT_CHANGED,
    "parent too high": _too_high,
    "parent too low": lambda _row, _structure: _TOO_LOW,
    "family unknown": lambda _row, _structure: _FAMILY_UNKNOWN,
    "family differs": _family_differs,
    "variant unknown": lambda _row, _structure: _VARIANT_UNKNOWN,
    "variant missing": lambda _row, _structure: _VARIANT_MISSING,
    "variant differs": lambda _row, _structure: _VARIANT_DIFFERS,
}
