"""The one condition language: grid, bulk edits, campaigns, rules, feeds, imports and API.

A document is `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}` or a leaf
`{"field", "operator", "value", "scope"?, "locale"?}`; the top may say `"view": "base"` or
`"effective"`. Compilers: `pim.db.conditions` (SQL) and `pim.projection.conditions` (Polars).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

View = Literal["base", "effective"]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """Compare one field; `scope` and `locale` choose the cell of an attribute."""

    field: str
    operator: str
    value: Any = None
    scope: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class All:
    """Hold when every part holds; with no parts, always."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any_:
    """Hold when one part holds; with no parts, never."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """Hold when the part does not."""

    part: Node


Node = Leaf | All | Any_ | Not

EVERYTHING = All(())


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A parsed condition and the view that it reads (None: the caller's default)."""

    root: Node = EVERYTHING
    view: View | None = None
