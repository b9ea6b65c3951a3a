"""Comparisons of text, in lower case as `pim.domain.conditions.fold` has it."""

from __future__ import annotations

from collections.abc import Callable

from pim.db.conditions.context import Compiler, storable
from pim.domain.conditions import Leaf, fold


def text_sql(leaf: Leaf, text: str, compiler: Compiler) -> str:
    """Return how a text that is not empty compares."""
    folded = f"pim_fold({text})"
    negated = leaf.operator in {"!=", "NOT IN", "DOES NOT CONTAIN"}
    match leaf.operator:
        case "STARTS WITH":
            holds = _part(leaf.value, lambda part: f"starts_with({folded}, {part})", compiler)
        case "CONTAINS" | "DOES NOT CONTAIN":
            holds = _part(leaf.value, lambda part: f"strpos({folded}, {part}) > 0", compiler)
        case _:
            wanted = leaf.value if isinstance(leaf.value, list) else [leaf.value]
            holds = f"{folded} = ANY({compiler.texts([fold(value) for value in wanted])})"
    return f"NOT ({holds})" if negated else f"({holds})"


def _part(value: str, test: Callable[[str], str], compiler: Compiler) -> str:
    folded = fold(value)
    return test(compiler.bind(folded, "text")) if storable(folded) else "false"
