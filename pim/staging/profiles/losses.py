"""What a sheet loses on its way through a profile, in words for people; nothing is rejected."""

from __future__ import annotations

from collections.abc import Sequence

from pim.domain.violations import Violation


def column_missing(header: str) -> Violation:
    """Say that the sheet lacks a column of the profile."""
    return Violation(
        code="profile_column_missing",
        path=header,
        message="The sheet has no column {column}, which the profile names.",
        mend="Check the sheet's header, or take the column out of the profile.",
        parameters={"column": header},
        severity="warning",
    )


def column_covered(header: str) -> Violation:
    """Say that a column bears the name that another one is translated to."""
    return Violation(
        code="profile_column_covered",
        path=header,
        message="Column {column} is ignored: the profile fills {column} from another one.",
        mend="Name it in the profile: what it becomes, or null to ignore it.",
        parameters={"column": header},
        severity="warning",
    )


def row_left_out(columns: Sequence[str]) -> Violation:
    """Say that a row is no product and yet fills columns of products."""
    return Violation(
        code="row_left_out",
        path=columns[0],
        message="The row is no product (no identifier, no place on an axis); it is left out "
        "with {columns}.",
        mend="Give it an identifier, or the axis values of the variants that it describes.",
        parameters={"columns": ", ".join(columns)},
        severity="warning",
    )


def value_differs(column: str, text: str, code: str) -> Violation:
    """Say that a row describes its model otherwise than an earlier one."""
    return Violation(
        code="model_value_differs",
        path=column,
        message='"{value}" is left out: {column} belongs to the model {model}, '
        "which an earlier row describes otherwise.",
        mend="Give all rows of {model} the same {column}, or move it to the level of the products.",
        parameters={"value": text[:80], "column": column, "model": code},
        value=text[:1000],
        severity="warning",
    )
