"""Selections: a condition at a moment, minus exclusions, plus picked rows, at a level.

    {"where": condition, "identifiers": [...] or pasted text, "picked": [...], "excluded": [...],
     "level": "product" | "colourway" | "model", "recheck": false}

A bulk edit freezes what `resolve` finds: `pim.editing.selection`.
"""

from __future__ import annotations

from pim.editing.selections.document import SelectionDocument, parse
from pim.editing.selections.pasted import Pasted, read_pasted
from pim.editing.selections.resolve import Resolved, resolve

__all__ = ["Pasted", "Resolved", "SelectionDocument", "parse", "read_pasted", "resolve"]
