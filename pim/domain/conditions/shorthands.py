"""Ways to say things that compilers need not know: ranges, the last days, equality of codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pim.domain.conditions.fields import KERNEL, FieldKind
from pim.domain.conditions.moments import day_only, next_day
from pim.domain.conditions.tree import All, Any_, Leaf, Node

RANGE: Final = ("BETWEEN", "NOT BETWEEN")
RECENT: Final = "SINCE LAST N DAYS"

_AS_LIST: Final = {"=": "IN", "!=": "NOT IN"}


def resolve(leaf: Leaf, kind: FieldKind | None, given: Any) -> Node:
    """Return what a leaf says in operators of the kernel; `given` is the value as written.

    BETWEEN includes both ends, NOT BETWEEN neither and no empty value. The last N days reach back
    from `now`. A day alone, compared with a moment, is the whole of that day in UTC.
    """
    if leaf.operator == RECENT:
        return replace(leaf, operator=">=", value=f"-{leaf.value} days")
    if leaf.operator in RANGE:
        return _range(leaf, kind, given)
    if kind == "moment":
        return _by_day(leaf) if day_only(str(given)) else leaf
    if kind is not None and leaf.operator not in KERNEL[kind]:
        return replace(leaf, operator=_AS_LIST[leaf.operator], value=[leaf.value])
    return leaf


def _range(leaf: Leaf, kind: FieldKind | None, given: Any) -> Node:
    inside = leaf.operator == "BETWEEN"
    ends = (">=", "<=") if inside else ("<", ">")
    parts = tuple(
        resolve(replace(leaf, operator=operator, value=value), kind, written)
        for operator, value, written in zip(ends, leaf.value, given, strict=True)
    )
    return All(parts) if inside else Any_(parts)


def _by_day(leaf: Leaf) -> Node:
    end = next_day(leaf.value)
    match leaf.operator:
        case "=":
            return All(
                (replace(leaf, operator=">="), replace(leaf, operator="<", value=end)),
            )
        case "!=":
            return Any_(
                (replace(leaf, operator="<"), replace(leaf, operator=">=", value=end)),
            )
        case "<=":
            return replace(leaf, operator="<", value=end)
        case ">":
            return replace(leaf, operator=">=", value=end)
    return leaf
