"""The tree of a condition: what the parser gives and the compilers read."""

from __future__ import annotations

from collections.abc import Iterator
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
class Any_:  # noqa: N801 - typing.Any has the name already
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


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield every leaf below a node, in the order of the document."""
    match node:
        case Leaf():
            yield node
        case Not(part):
            yield from leaves(part)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from leaves(part)


def to_document(condition: Condition) -> dict[str, Any]:
    """Return the JSON document of a condition; `parse` gives the same condition back."""
    document = {} if condition.root == EVERYTHING else _node(condition.root)
    return document if condition.view is None else {**document, "view": condition.view}


def _node(node: Node) -> dict[str, Any]:
    match node:
        case All(parts):
            return {"all": [_node(part) for part in parts]}
        case Any_(parts):
            return {"any": [_node(part) for part in parts]}
        case Not(part):
            return {"not": _node(part)}
        case Leaf():
            return _leaf(node)


def _leaf(leaf: Leaf) -> dict[str, Any]:
    address = {"scope": leaf.scope, "locale": leaf.locale}
    document = {"field": leaf.field, "operator": leaf.operator}
    if leaf.value is not None:
        document["value"] = leaf.value
    return document | {name: code for name, code in address.items() if code is not None}
