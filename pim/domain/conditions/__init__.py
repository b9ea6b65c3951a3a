"""The one condition language: grid, bulk edits, campaigns, rules, feeds, imports and API.

A document is `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}` or a leaf
`{"field", "operator", "value", "scope"?, "locale"?}`; the top may say `"view": "base"` or
`"effective"`. Compilers: `pim.db.conditions` (SQL) and `pim.projection.conditions` (Polars); they
meet only the operators of `KERNEL`. What they mean is told, and done, in `evaluate`.
"""

from __future__ import annotations

from pim.domain.conditions.evaluate import ProductView, descendants, evaluate
from pim.domain.conditions.fields import FIELDS, KERNEL, LEVELS, OPERATORS, FieldKind, fold, kind_of
from pim.domain.conditions.moments import resolve_day, resolve_moment
from pim.domain.conditions.parse import parse
from pim.domain.conditions.tree import (
    EVERYTHING,
    All,
    Any_,
    Condition,
    Leaf,
    Node,
    Not,
    View,
    leaves,
    to_document,
)

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "KERNEL",
    "LEVELS",
    "OPERATORS",
    "All",
    "Any_",
    "Condition",
    "FieldKind",
    "Leaf",
    "Node",
    "Not",
    "ProductView",
    "View",
    "descendants",
    "evaluate",
    "fold",
    "kind_of",
    "leaves",
    "parse",
    "resolve_day",
    "resolve_moment",
    "to_document",
]
