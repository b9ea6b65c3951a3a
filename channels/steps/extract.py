"""Take a part of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, TextStep, step
from channels.steps.parameters import param
from pim.domain.violations import Violation


@step("extract")
@dataclass(frozen=True, kw_only=True)
class Extract(TextStep):
    """Take the part of text that a pattern finds; empty where it finds nothing.

    The pattern is of Rust's engine: time grows with the length of the text only.
    """

    pattern: str = param("The pattern", regex=True)
    group: int = param("Which group in round brackets; 0 is all that was found", 0, at_least=0)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a group that the pattern lacks."""
        groups = pl.select(pl.lit("").str.extract_groups(self.pattern)).item() or {}
        if self.group > len(groups):
            yield Violation(
                code="mapping.out_of_range",
                path="group",
                message="The pattern has {count} groups, not {group}",
                parameters={"count": len(groups), "group": self.group},
                mend="Put the wanted part of the pattern in round brackets",
            )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the part that was found."""
        return text.str.extract(self.pattern, self.group)
