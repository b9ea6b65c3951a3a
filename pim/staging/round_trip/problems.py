"""What can be wrong with the column `_version` of a row."""

from __future__ import annotations

from pim.domain.violations import Violation


def unreadable(column: str, text: str) -> Violation:
    """Say that a cell is no version that an export wrote."""
    return Violation(
        code="version_unreadable",
        path=column,
        message='"{text}" is not a version that an export has written.',
        parameters={"text": text},
        value=text,
        mend="Copy the cell from the export, or empty it to import the row without comparing.",
    )


def deleted(column: str, name: str) -> Violation:
    """Say that what a row was exported from is gone."""
    return Violation(
        code="deleted_meanwhile",
        path=column,
        message='"{name}" was deleted after the export.',
        parameters={"name": name},
        value=name,
        mend="Undo the deletion, leave the row out, or empty its cell _version to create it anew.",
    )


def astray(column: str, name: str, called: str) -> Violation:
    """Say that a row's version is that of another product, or of one that was renamed since."""
    return Violation(
        code="version_astray",
        path=column,
        message='The version is that of "{called}", but the row is about "{name}".',
        parameters={"name": name, "called": called},
        value=name,
        mend=(
            "If it was renamed after the export, write its new name; if the row was copied, empty"
            " its cell _version."
        ),
    )


def unknown(column: str, seen: int, version: int) -> Violation:
    """Say that nobody can tell any more what stood there when the row was exported."""
    return Violation(
        code="version_unknown",
        path=column,
        message=(
            "The row shows version {seen}, the catalogue has version {version}, and history does"
            " not tell what lies between."
        ),
        parameters={"seen": seen, "version": version},
        value=str(seen),
        mend=(
            "Export anew and repeat the edits there: the history was removed, or the file comes"
            " from another catalogue."
        ),
    )
