"""Turn one row of a flat file into a document, and violations back into columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pim.domain.violations import Violation
from pim.structure.flat.columns import Column, Layout
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Status

Blank = Literal["keep", "clear", "refuse"]

#: Cells that name the thing: blank ones are noted whatever a profile says of blanks.
KEYS = ("code", "attribute")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: its number in the file and its cells by header."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RowOutcome:
    """What became of a row; paths of violations are headers."""

    number: int
    status: Status
    violations: tuple[Violation, ...] = ()
    key: str = ""


@dataclass(kw_only=True)
class Parsed:
    """A row as a document; findings with an error mean that it goes no further."""

    row: Row
    document: dict[str, Any] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)


def parse(layout: Layout, row: Row, *, blank: Blank) -> Parsed:
    """Read the cells of a row that the layout knows."""
    parsed = Parsed(row=row)
    for header, text in row.cells.items():
        column = layout.find(header)
        if column is not None:
            _parse_cell(parsed, column, header, text or "", blank)
    for name in (name for name in KEYS if layout.find(name) and name not in parsed.document):
        parsed.findings.add(
            "required",
            name,
            "The row does not say which {what} it is about.",
            mend="Fill in the column {path}.",
            path=name,
            what=name,
        )
    return parsed


def _parse_cell(parsed: Parsed, column: Column, header: str, text: str, blank: Blank) -> None:
    if text.strip():
        try:
            _put(parsed.document, column.path, column.form.read(text))
        except ValueError:
            parsed.findings.add(
                "unreadable",
                header,
                '"{value}" is not {expects}.',
                value=text,
                mend="Write {expects}.",
                expects=column.form.expects,
            )
    elif blank == "refuse":
        parsed.findings.add(
            "blank",
            header,
            "The cell is blank, and the import profile refuses blank cells.",
            mend="Fill it in, leave the column out, or let the profile keep or clear blanks.",
        )
    elif blank == "clear" and header not in KEYS:
        _put(parsed.document, column.path, None)


def _put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
    document[path[-1]] = value


def note_unknown_columns(layout: Layout, parsed: Parsed) -> None:
    """Warn, once per file at its first row, of columns that mean nothing here."""
    for header in parsed.row.cells:
        if layout.find(header) is None and header not in layout.ignored:
            parsed.findings.add(
                "unknown_column",
                header,
                "The column {path} means nothing here and is left out.",
                mend="Check the spelling, or map the column in an import profile.",
                severity="warning",
                path=header,
            )


def in_columns(layout: Layout, violations: Iterable[Violation]) -> list[Violation]:
    """Return violations with headers for paths."""
    return [replace(v, path=layout.header_of(v.path)) for v in violations]
