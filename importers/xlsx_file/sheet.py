"""A sheet's rows as a stream of texts by column."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from importers.xlsx_file.cells import Show
from importers.xlsx_file.markup import feed, local, parser, unescaped

DIGITS = "0123456789"


class Row(NamedTuple):
    """A row as the sheet numbers it: texts by column (0 is A), and columns that hold errors."""

    number: int
    cells: dict[int, str]
    errors: dict[int, str]


def rows(
    archive: zipfile.ZipFile, part: str, *, strings: Sequence[str], shows: Sequence[Show]
) -> Iterator[Row]:
    """Yield the rows that the sheet has, in its order."""
    reader = _Reader(strings, shows)
    made = parser()
    made.StartElementHandler = reader.first
    made.EndElementHandler = reader.end
    made.CharacterDataHandler = reader.text
    reader.parser = made
    for _ in feed(made, archive, part):
        yield from reader.rows
        reader.rows.clear()


def column_letters(column: int) -> str:
    """Return a column's letters: A for 0, AA for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Reader:
    """Handlers of the parser's events; plain attributes, because each runs once per cell."""

    def __init__(self, strings: Sequence[str], shows: Sequence[Show]) -> None:
        self.strings = strings
        self.shows = shows
        self.rows: list[Row] = []
        self.parser = parser()
        self.row = Row(0, {}, {})
        self.column = -1
        self.kind = "n"
        self.style = 0
        self.wanted = False
        self.hint = False
        self.parts: list[str] = []
        self.columns: dict[str, int] = {}

    def first(self, name: str, _: dict[str, str]) -> None:
        """Learn the prefix of the sheet's namespace from its root element."""
        prefix = name.removesuffix(local(name))
        self.c, self.texts = prefix + "c", (prefix + "v", prefix + "t")
        self.r, self.hints = prefix + "row", prefix + "rPh"
        self.parser.StartElementHandler = self.start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where a cell stands and how it is written."""
        if name == self.c:
            reference = attributes.get("r")
            self.column = self.column + 1 if reference is None else self.index(reference)
            self.kind = attributes.get("t", "n")
            self.style = int(attributes.get("s", 0))
        elif name in self.texts:
            self.wanted = not self.hint
        elif name == self.r:
            self.row = Row(int(attributes.get("r", self.row.number + 1)), {}, {})
            self.column = -1
        elif name == self.hints:
            self.hint = True

    def text(self, data: str) -> None:
        """Collect what stands in a cell."""
        if self.wanted:
            self.parts.append(data)

    def end(self, name: str) -> None:
        """Put a finished cell into its row, and a finished row among the rows."""
        if name in self.texts:
            self.wanted = False
        elif name == self.c:
            if self.parts:
                self.put("".join(self.parts))
                self.parts.clear()
        elif name == self.r:
            self.rows.append(self.row)
        elif name == self.hints:
            self.hint = False

    def put(self, text: str) -> None:
        """Store a cell's content as people would read it."""
        kind = self.kind
        if kind == "s":
            text = self.strings[int(text)]
        elif kind == "n":
            text = self.shows[self.style](text) if self.style < len(self.shows) else text
        elif kind == "e":
            self.row.errors[self.column] = text
        elif kind in ("str", "inlineStr"):
            text = unescaped(text)
        self.row.cells[self.column] = text

    def index(self, reference: str) -> int:
        """Return the column of a reference such as BC23."""
        letters = reference.rstrip(DIGITS)
        found = self.columns.get(letters)
        if found is None:
            found = 0
            for letter in letters:
                found = found * 26 + ord(letter) - 64
            found = self.columns[letters] = found - 1
        return found
