"""What can be wrong with one record of a CSV file, in words for people."""

from __future__ import annotations

from pim.domain.violations import Violation


def short_problem(found: int, expected: int, separator: str) -> Violation:
    """Say that a record has fewer cells than the header: the row is read, the others are absent."""
    return Violation(
        code="row_short",
        path="",
        message="The row has {found} cells, the header {expected} columns; "
        "the columns at the end are left alone.",
        mend="Look for a missing {separator} or line break, or add empty cells at the end.",
        parameters={
            "found": found,
            "expected": expected,
            "separator": f"“{separator_name(separator)}”",
        },
        severity="warning",
    )


def width_problem(found: int, expected: int, separator: str) -> Violation:
    """Say that a record has more cells than the header."""
    return Violation(
        code="row_width",
        path="",
        message="The row has {found} cells, the header {expected} columns.",
        mend="Look for a surplus {separator}; a text that contains it needs quotes.",
        parameters={
            "found": found,
            "expected": expected,
            "separator": f"“{separator_name(separator)}”",
        },
    )


def quotes_problem(reason: str) -> Violation:
    """Say that the quotes of a record do not pair."""
    return Violation(
        code="row_quotes",
        path="",
        message="The quotes of this row do not match ({reason}).",
        mend="Double every quote inside a quoted cell and close the cell with one.",
        parameters={"reason": reason},
    )


def letters_problem(column: str, encoding: str) -> Violation:
    """Say that a cell is no text in the encoding."""
    return Violation(
        code="row_letters",
        path=column,
        message="The cell holds bytes that are no letters in {encoding}.",
        mend="Type the cell anew, or name the file's encoding in the import profile.",
        parameters={"encoding": encoding},
    )


def too_long_problem(column: str, found: int, limit: int) -> Violation:
    """Say that a cell exceeds the limit of characters."""
    return Violation(
        code="cell_too_long",
        path=column,
        message="The cell has {found} characters, more than {limit}.",
        mend="Shorten it; a quote that is never closed also makes such a cell.",
        parameters={"found": found, "limit": limit},
    )


def separator_name(separator: str) -> str:
    """Return a separator as people read it."""
    return {"\t": "tab", " ": "space"}.get(separator, separator)
