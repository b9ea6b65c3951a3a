"""The dialect of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exporters.contract import Options, option
from exporters.contract.options import option_problem
from pim.domain.violations import Violation


@dataclass(frozen=True, kw_only=True)
class CsvOptions(Options):
    """Options of a CSV file."""

    suffix: str = option("csv", "Suffix of the file: csv, txt, tsv")
    item_id: str = option("sku", "The column that identifies an item; required and unique")
    separator: str = option(",", "One character between columns; a tab is allowed", length=1)
    quote: str = option('"', "One character around quoted values; doubled inside them", length=1)
    quoting: Literal["minimal", "all"] = option(
        "minimal", "Quote only values that need it (minimal), or every value (all)"
    )
    header: bool = option(True, "Write the names of the columns as first row")
    encoding: Literal["utf-8", "utf-8-sig", "windows-1251", "utf-16le"] = option(
        "utf-8", "Encoding; utf-8-sig and utf-16le start with a byte order mark"
    )
    unencodable: Literal["replace", "refuse"] = option(
        "replace", "Characters that the encoding lacks: write ? and count them, or refuse the file"
    )
    line_ending: Literal["lf", "crlf"] = option("lf", "End of a row: lf (Unix) or crlf (Windows)")
    list_separator: str = option("|", "Text between the values of a list")
    formula_guard: bool = option(
        False, "Put ' before text that a spreadsheet would run as a formula; not for machines"
    )
    action_column: str = option("_action", "Name of a delta's last column")
    upsert_value: str = option("upsert", "What the action column says of added and changed items")
    delete_value: str = option("delete", "What the action column says of removed items")

    @property
    def line_terminator(self) -> str:
        """Return the characters that end a row."""
        return "\r\n" if self.line_ending == "crlf" else "\n"

    def problems(self) -> Iterable[Violation]:
        """Return what is wrong between the options."""
        yield from super().problems()
        for name in ("separator", "quote"):
            value = getattr(self, name)
            if not value.isascii() or value in "\r\n":
                yield option_problem(name, value, "Give one ASCII character, not a line end")
        if self.separator == self.quote:
            yield option_problem("quote", self.quote, "Give a character other than the separator")
        if not self.suffix.isalnum():
            yield option_problem("suffix", self.suffix, "Give letters and digits, without a dot")
        if not self.list_separator:
            yield option_problem("list_separator", "", "Give at least one character")
        if not self.action_column:
            yield option_problem("action_column", "", "Give the column a name")
