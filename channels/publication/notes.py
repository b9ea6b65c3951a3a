"""What a writer had to alter, as entries of the quality report."""

from __future__ import annotations

from typing import Any

#: Mends of the notes that exporters give; another note is reported without one.
MENDS = {
    "replaced_characters": (
        "The file's encoding lacks these characters and has ? instead: choose another encoding, "
        "or replace them in the mapping."
    ),
    "not_removed": (
        "This file cannot say that something is gone: take these items off sale at the "
        "destination, or publish them as drafts before you leave them out."
    ),
    "removed_characters": (
        "Values held invisible control characters, which were removed: take them out of the "
        "attributes."
    ),
    "shortened_cells": (
        "A cell of a workbook holds 32,767 characters at most, and these were cut: shorten them "
        "with a truncate step."
    ),
    "ambiguous_lists": (
        "A value holds the list separator, so nobody can tell it from two: choose another one."
    ),
}


def noted(name: str, count: int) -> dict[str, Any]:
    """Return a note as {rule, target, severity, count, mend, source, examples}, a warning."""
    return {
        "rule": f"file.{name}",
        "target": "",
        "severity": "warning",
        "count": count,
        "mend": MENDS.get(name, ""),
        "source": "",
        "examples": [],
    }
