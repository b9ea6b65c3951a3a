"""Conditions as SQL; `pim.domain.conditions.evaluate` says what they mean.

The expression stands over three aliases, which `source` joins: `e` is the row asked about, `p1` its
parent model, `p2` the parent's parent. It is true or false, never null, so that `not` is plain
negation. Searches run on the projection; SQL re-checks chosen rows at the moment of a write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pim.db.conditions.context import CellReader, Compiler, Facts, Table, source
from pim.db.conditions.leaves import leaf_sql
from pim.domain.conditions import All, Any_, Condition, Leaf, Node, Not
from pim.domain.structure import Structure

__all__ = ["CellReader", "Compiled", "Facts", "Table", "compile_sql", "source"]


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A boolean expression for `sqlalchemy.text` and its bound parameters, named where_1 and on."""

    sql: str
    parameters: Mapping[str, Any]


def compile_sql(
    condition: Condition,
    structure: Structure,
    now: datetime,
    *,
    table: Table = "product",
    facts: Facts | None = None,
    among: Sequence[int] | None = None,
) -> Compiled:
    """Return a condition, parsed against the structure, as SQL over rows of a table.

    `now` is what relative dates start from. `facts` answers what feeds know; with `among` only
    these ids matter. Raises KeyError for a field that the structure lacks, Refused for one that
    nobody can answer.
    """
    compiler = Compiler(structure=structure, now=now, table=table, facts=facts, among=among)
    sql = _node(condition.root, compiler)
    return Compiled(sql=sql, parameters=compiler.parameters)


def _node(node: Node, compiler: Compiler) -> str:
    match node:
        case All(parts):
            return _joined(parts, " AND ", "true", compiler)
        case Any_(parts):
            return _joined(parts, " OR ", "false", compiler)
        case Not(part):
            return f"(NOT {_node(part, compiler)})"
        case Leaf():
            return f"coalesce({leaf_sql(node, compiler)}, false)"


def _joined(parts: tuple[Node, ...], word: str, empty: str, compiler: Compiler) -> str:
    return f"({word.join(_node(part, compiler) for part in parts)})" if parts else empty
