"""Open a CSV file: encoding, separator and header first, then rows as a stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from importers.contract import Importer, ReadOptions, Sheet, header_of
from importers.csv_file.batches import evened
from importers.csv_file.blocks import blocks
from importers.csv_file.encoding import encoding_of, utf8_chunks
from importers.csv_file.problems import separator_name
from importers.csv_file.records import Parser
from pim.errors import Refused

# Commas also stand in texts and decimals, so they win no tie.
SEPARATORS = ("\t", ";", "|", ",")
HEAD = 1024 * 1024
SAMPLE_RECORDS = 50


class Head(NamedTuple):
    """The header's cells, the row they stand in, and where the next record begins."""

    cells: list[str]
    row: int
    end: int


class CsvImporter(Importer):
    """Text with one record per line and cells between separators (RFC 4180 and its cousins)."""

    code = "csv"
    label = "CSV"
    suffixes = (".csv", ".tsv", ".txt")

    @contextmanager
    def open(self, path: Path, options: ReadOptions) -> Iterator[Sheet]:
        """Open a CSV file; see `Importer.open`."""
        csv.field_size_limit(max(csv.field_size_limit(), options.limits.cell_characters + 1))
        _check_signs(options)
        encoding = encoding_of(path, wanted=options.encoding)
        with path.open("rb") as file:
            chunks = utf8_chunks(file, encoding, name=path.name)
            start = _first(chunks, HEAD)
            text = start[:HEAD].decode("utf-8", "surrogateescape")
            separator = options.separator or _separator(text, options.quote)
            head = _head(text, separator, options.quote, path.name)
            header = header_of(head.cells, name=path.name, limits=options.limits)
            parser = Parser(
                header=header,
                width=len(head.cells),
                separator=separator,
                quote=options.quote,
                encoding=encoding.name.removesuffix("-sig"),
                limits=options.limits,
                row=head.row + 1,
            )
            records = blocks(
                chain((start[head.end :],), chunks), separator=separator, quote=options.quote
            )
            yield Sheet(
                header=header,
                dialect={
                    "encoding": encoding.name.removesuffix("-sig"),
                    "separator": separator_name(separator),
                    "quote": options.quote or "",
                },
                guessed=_guessed(options),
                batches=evened(parser.parse(records), rows=options.batch_rows),
                total=max(encoding.lines - 1, 0),
            )


def _guessed(options: ReadOptions) -> frozenset[str]:
    return frozenset(name for name in ("encoding", "separator") if not getattr(options, name))


def _check_signs(options: ReadOptions) -> None:
    for name in ("separator", "quote"):
        sign = getattr(options, name)
        if sign is not None and (len(sign) != 1 or not sign.isascii() or sign in "\r\n"):
            raise Refused(f'The {name} must be one plain character, not "{sign}".')


def _first(chunks: Iterator[bytes], size: int) -> bytes:
    """Return at least the first `size` bytes, if there are so many."""
    found = b""
    while len(found) < size and (chunk := next(chunks, None)) is not None:
        found += chunk
    return found


def _reader(
    text: str, separator: str, quote: str | None
) -> tuple[io.StringIO, Iterator[list[str]]]:
    lines = io.StringIO(text, newline="")
    if quote is None:
        return lines, csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    return lines, csv.reader(lines, delimiter=separator, quotechar=quote)


def _separator(text: str, quote: str | None) -> str:
    """Return the separator that makes most columns of the header, agreed by most rows."""

    def fitness(separator: str) -> tuple[bool, int, int]:
        _, reader = _reader(text, separator, quote)
        widths = [len(cells) for cells in islice(reader, SAMPLE_RECORDS) if cells]
        width = widths[0] if widths else 0
        return width > 1, widths.count(width), width

    best = max(SEPARATORS, key=fitness)
    return best if fitness(best)[0] else ","


def _head(text: str, separator: str, quote: str | None, name: str) -> Head:
    """Return the first record that is not blank."""
    lines, reader = _reader(text, separator, quote)
    for row, cells in enumerate(reader, start=1):
        if any(cell.strip() for cell in cells):
            end = len(text[: lines.tell()].encode("utf-8", "surrogateescape"))
            return Head([_whole(cell, name) for cell in cells], row, end)
    raise Refused(f"{name}: the file is empty; its first row must name the columns.")


def _whole(cell: str, name: str) -> str:
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        shown = cell.encode("utf-8", "replace").decode()
        raise Refused(f'{name}: the column name "{shown}" is not in the named encoding.') from error
    return cell
