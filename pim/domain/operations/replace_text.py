"""Find and replace within text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain import patterns
from pim.domain.attribute_types import Checked
from pim.domain.attribute_types.problems import problem
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document
from pim.domain.violations import Violation


@dataclass(frozen=True, kw_only=True)
class ReplaceText(CellOperation):
    r"""Replace {field, search, replace, regex?, whole_word?, ignore_case?} in text.

    Without `regex` both texts are meant literally, with it `search` is a regular expression under
    a time limit and `replace` may insert groups (\1, \g<name>). A whole word has no letter, digit
    or underscore beside it. Text that becomes blank is no value.
    """

    type: ClassVar[str] = "replace_text"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"field", "search", "replace", "regex", "whole_word", "ignore_case", "scope", "locale"}
    )

    search: str
    replace: str
    regex: bool = False
    whole_word: bool = False
    ignore_case: bool = False

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation; a pattern must compile and its replacement fit it."""
        attribute = reader.of_kind(("text",), "text")
        address = reader.address(attribute) if attribute else None
        search, replace = reader.text("search"), reader.text("replace", blank=True)
        flags = {name: reader.flag(name) for name in ("regex", "whole_word", "ignore_case")}
        if search and replace is not None and flags["regex"]:
            _check_pattern(search, replace, reader)
        if reader.violations or attribute is None or address is None:
            return None
        return cls(
            field=attribute.code, address=address, search=str(search), replace=str(replace), **flags
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        flags = {n: True for n in ("regex", "whole_word", "ignore_case") if getattr(self, n)}
        what = {"field": self.field, "search": self.search, "replace": self.replace}
        return {"type": self.type, **what, **flags, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the text with every occurrence replaced."""
        if not isinstance(old, str):
            return Checked(old)
        if not self.regex:
            return Checked(self._literal(old))
        try:
            return Checked(
                patterns.replaced(self._bounded(), self.replace, old, ignore_case=self.ignore_case)
            )
        except patterns.OutOfTime:
            return Checked(None, [_out_of_time(old, self.search, cell)])

    def _literal(self, text: str) -> str:
        source = _word(re.escape(self.search)) if self.whole_word else re.escape(self.search)
        flags = re.IGNORECASE if self.ignore_case else re.NOFLAG
        return re.sub(source, lambda _: self.replace, text, flags=flags)

    def _bounded(self) -> str:
        if not self.whole_word:
            return self.search
        source, flags = patterns.read(self.search)
        return f"/{_word(f'(?:{source})')}/{flags}"


def _word(source: str) -> str:
    return rf"(?<!\w){source}(?!\w)"


def _check_pattern(search: str, replace: str, reader: DocumentReader) -> None:
    reason = patterns.fault(search) or patterns.replacement_fault(search, replace)
    if reason:
        message = '"{value}" cannot be used as a regular expression: {reason}.'
        mend = "Correct it, or leave regex out to search for the text itself."
        reader.note("bad_pattern", "search", message, search, reason=reason, mend=mend)


def _out_of_time(text: str, pattern: str, cell: Cell) -> Violation:
    return problem(
        "pattern_too_slow",
        cell.attribute,
        'The pattern {pattern} takes too long on "{value}".',
        text,
        pattern=pattern,
        mend="Make the regular expression simpler: avoid repeats inside repeats.",
    )
