"""Remove words that occur twice."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import Cell, Context, Step, step


@step("remove_duplicate_words")
@dataclass(frozen=True, kw_only=True)
class RemoveDuplicateWords(Step):
    """Remove words that occurred before: `Polka Derby Polka black` loses the second Polka.

    Capitals matter, punctuation belongs to its word.
    """

    accepts = frozenset({"text"})

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the text with the first of each word."""
        words = cell.expr.str.split(" ").list.unique(maintain_order=True)
        return cell.text(words.list.join(" "))
