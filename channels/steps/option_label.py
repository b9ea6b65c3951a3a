"""Show options, families, groups and categories by their labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import CHOICES, Cell, Choice, Context, Step, step
from channels.steps.parameters import param
from channels.steps.render import named
from pim.domain.violations import Violation


@step("option_label")
@dataclass(frozen=True, kw_only=True)
class OptionLabel(Step):
    """Show an option, family, group or category by its label instead of its code.

    The label is looked for in the locale, then in the feed's fallback locales.
    """

    accepts = CHOICES

    locale: str | None = param("The label's locale; the feed's by default", None)
    missing: Literal["brackets", "code", "empty"] = param(
        "What stands for a missing label: the code in brackets, the code, or nothing", "brackets"
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield an unknown locale."""
        if self.locale and self.locale not in context.structure.locales:
            yield Violation(
                code="mapping.unknown_locale",
                path="locale",
                message='There is no locale "{locale}"',
                parameters={"locale": self.locale},
                mend="Use the code of a locale of a channel, such as en_GB",
            )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the label; of several, the list of labels."""
        labels = {each.id: self._label(each, context) for each in cell.choices}
        names = {id_: label for id_, label in labels.items() if label}
        if cell.kind == "option":
            return cell.text(named(cell.expr, names))
        return cell.list(cell.expr.list.eval(named(pl.element(), names).drop_nulls()))

    def _label(self, choice: Choice, context: Context) -> str | None:
        if label := context.labels_of(choice.labels, self.locale):
            return label
        return {"brackets": f"[{choice.code}]", "code": choice.code, "empty": None}[self.missing]
