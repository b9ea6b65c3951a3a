"""The options of a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exporters.contract import Options, option
from exporters.contract.options import option_problem
from pim.domain.violations import Violation

#: Excel takes 31 characters; room is left for the number of a further sheet.
LONGEST_NAME = 27


@dataclass(frozen=True, kw_only=True)
class XlsxOptions(Options):
    """Options of a workbook."""

    item_id: str = option("sku", "The column that identifies an item; required and unique")
    sheet: str = option("Products", "Name of the sheet; further ones are numbered")
    numbers: tuple[str, ...] = option((), "Columns whose values are numbers; all others are text")
    dates: tuple[str, ...] = option((), "Columns whose values are dates, as in 2026-12-26")
    list_separator: str = option("|", "Text between the values of a list")
    overflow: Literal["split", "refuse"] = option(
        "split", "More rows than a sheet holds: go on in another sheet, or hold the publication"
    )
    compress: bool = option(True, "Compress the file; without, it is ten times as large")
    action_column: str = option("_action", "Name of a delta's last column")
    upsert_value: str = option("upsert", "What the action column says of added and changed items")
    delete_value: str = option("delete", "What the action column says of removed items")

    def problems(self) -> Iterable[Violation]:
        """Return what is wrong between the options."""
        yield from super().problems()
        if not re.fullmatch(rf"[^\[\]:*?/\\\x00-\x1f']{{1,{LONGEST_NAME}}}", self.sheet):
            mend = f"Give 1 to {LONGEST_NAME} characters without [ ] : * ? / \\ and '"
            yield option_problem("sheet", self.sheet, mend)
        for name in ("list_separator", "action_column"):
            if not getattr(self, name):
                yield option_problem(name, "", "Give at least one character")
        if self.item_id in self.numbers:
            yield option_problem("numbers", self.item_id, "Leave the identifier text")
        for name in sorted({*self.numbers} & {*self.dates}):
            yield option_problem("dates", name, "A column holds numbers or dates, not both")
