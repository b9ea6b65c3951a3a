"""One line of JSON becomes cells of text, as a person would type them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from importers.contract import Limits
from pim.domain.violations import Violation


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line: its number, its cells by name, or what is wrong with it and how it stood there."""

    row: int
    cells: Mapping[str, str] = field(default_factory=dict)
    violation: Violation | None = None
    raw: str = ""


class _Unfit(ValueError):
    """What cannot be a cell."""


def read_line(text: bytes, row: int, limits: Limits) -> Line:
    """Return the cells of a line; numbers keep their digits, null is no cell."""
    try:
        # Numbers as they are written: a float would turn 1111111217 into 1111111217.0.
        document = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_pairs,
        )
        cells = _cells(document, limits)
    except (ValueError, RecursionError) as error:
        raw = text.decode("utf-8", "replace").strip()
        return Line(row=row, violation=_problem(str(error)), raw=raw[: limits.cell_characters])
    return Line(row=row, cells=cells)


def _cells(document: Any, limits: Limits) -> dict[str, str]:
    if not isinstance(document, dict):
        raise _Unfit("it is no object")
    cells = {name: _cell(name, value) for name, value in document.items() if value is not None}
    for name, cell in cells.items():
        if cell and not name.strip():
            raise _Unfit(f'"{cell}" stands under no name')
        if len(cell) > limits.cell_characters:
            raise _Unfit(f"{name} has {len(cell)} characters, more than {limits.cell_characters}")
        if "\0" in cell or any("\ud800" <= letter <= "\udfff" for letter in cell):
            raise _Unfit(f"{name} holds characters that are no letters")
    return cells


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_cell(name, each) for each in value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return value
    raise _Unfit(f"{name} holds an object")


def _pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Unfit(f"{name} stands there twice")
        found[name] = value
    return found


def _no_number(word: str) -> Any:
    raise _Unfit(f"{word} is no number")


def _problem(reason: str) -> Violation:
    return Violation(
        code="row_json",
        path="",
        message="The line cannot be read as an object of cells: {reason}.",
        mend='Write one object per line, such as {{"sku": "a1", "name-en_GB": "Boot"}}.',
        parameters={"reason": reason},
    )
