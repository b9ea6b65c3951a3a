"""Conditions as Polars expressions; `pim.domain.conditions.evaluate` says what they mean.

A leaf is two-valued: it holds or it does not, never null, so that `not` is plain negation.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import and_, or_

import polars as pl

from pim.db.conditions import Facts
from pim.domain.conditions import FIELDS, All, Any_, Leaf, Node, Not, kind_of
from pim.domain.structure import Structure
from pim.projection.columns import Column
from pim.projection.leaves import Context, Members, Test
from pim.projection.system_tests import SYSTEM_TESTS
from pim.projection.value_tests import value_test


def compile_node(
    node: Node,
    structure: Structure,
    now: datetime,
    known: Collection[str] = (),
    members: Members | None = None,
    facts: Facts | None = None,
) -> tuple[pl.Expr, dict[str, Column]]:
    """Return a condition as an expression over a frame, and the columns that the frame needs.

    `known` names the columns that exist, `members` finds what change sets touched, `facts` what
    feeds know.
    """
    compiler = Compiler(structure=structure, now=now, known=known, members=members, facts=facts)
    return compiler.node(node), compiler.needed(node)


class Compiler(Context):
    """Compiles the nodes of conditions in one context."""

    def node(self, node: Node) -> pl.Expr:
        """Return the expression of a whole condition, over a frame of `needed(node)`."""
        match node:
            case All(parts):
                return reduce(and_, map(self.node, parts), pl.lit(True))
            case Any_(parts):
                return reduce(or_, map(self.node, parts), pl.lit(False))
            case Not(part):
                return ~self.node(part)
            case Leaf():
                return self.leaf(node).holds

    def needed(self, node: Node) -> dict[str, Column]:
        """Return the columns that a condition reads, by name."""
        match node:
            case All(parts) | Any_(parts):
                return {n: c for part in parts for n, c in self.needed(part).items()}
            case Not(part):
                return self.needed(part)
            case Leaf():
                return {column.name: column for column in self.leaf(node).columns}

    def leaf(self, leaf: Leaf) -> Test:
        """Return the test of one leaf; KeyError if the structure lacks its field."""
        kind = kind_of(leaf.field, self.structure)
        if kind is None:
            raise KeyError(f"{leaf.field} is not a field of this structure")
        attribute = self.structure.attributes.get(leaf.field)
        if leaf.field in FIELDS or attribute is None:
            test = SYSTEM_TESTS[kind](self, leaf)
        else:
            test = value_test(self, leaf, attribute)
        return Test(columns=test.columns, holds=test.holds.fill_null(False), cell=test.cell)
