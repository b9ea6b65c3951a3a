"""Bytes become UTF-8, or the file is refused with what it might be instead."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from pim.domain.violations import Violation
from pim.errors import Refused

CHUNK = 4 * 1024 * 1024
SAMPLE = 64 * 1024
# The longer marks first: UTF-32's begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF8 = frozenset({"utf-8", "utf-8-sig", "ascii"})


class Encoding(NamedTuple):
    """A Python codec's name, whether nobody named it, and about how many lines it reads."""

    name: str
    guessed: bool
    lines: int


def encoding_of(path: Path, *, wanted: str | None) -> Encoding:
    """Return the encoding to read a file with: the wanted one, that of its mark, or UTF-8.

    Raises Refused when nobody named one and the bytes are not UTF-8: a wrong guess would turn
    letters into others and nobody would notice.
    """
    with path.open("rb") as file:
        marked = _marked(file.read(4))
        file.seek(0)
        if wanted is not None:
            name = _known(wanted)
            if name == "utf-8" and marked == "utf-8-sig":
                name = marked
            return Encoding(name, guessed=False, lines=_lines(file))
        if marked and marked not in UTF8:
            return Encoding(marked, guessed=True, lines=_lines(file))
        return Encoding(marked or "utf-8", guessed=True, lines=_checked_lines(file, path.name))


def utf8_chunks(file: BinaryIO, encoding: Encoding, *, name: str) -> Iterator[bytes]:
    """Yield the file's text as UTF-8, without a byte order mark.

    Bytes that are no letters of the encoding stay in as bytes that are not valid UTF-8, so that
    the row that holds them can be told; where a codec cannot go on, the file is refused.
    """
    if encoding.name in UTF8:
        if encoding.name == "utf-8-sig":
            file.seek(len(codecs.BOM_UTF8))
        while chunk := file.read(CHUNK):
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(encoding.name)(errors="surrogateescape")
    try:
        while chunk := file.read(CHUNK):
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Refused(f"{name}: this is not {encoding.name} ({error.reason}).") from error


def _known(wanted: str) -> str:
    try:
        "".encode(wanted)
        name = codecs.lookup(wanted).name
    except LookupError as error:
        raise Refused(f'There is no encoding "{wanted}"; try utf-8, cp1251 or cp1252.') from error
    return "utf-8" if name == "ascii" else name


def _marked(start: bytes) -> str | None:
    return next((name for mark, name in MARKS if start.startswith(mark)), None)


def _lines(file: BinaryIO) -> int:
    return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))


def _checked_lines(file: BinaryIO, name: str) -> int:
    """Return the number of line ends, having seen that every byte is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    while True:
        chunk = file.read(CHUNK)
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = file.tell() - len(chunk) - pending + error.start
            line = lines + chunk[: max(error.start - pending, 0)].count(b"\n") + 1
            raise _not_utf8(file, name, line=line, at=at) from error
        if not chunk:
            return lines
        lines += chunk.count(b"\n")


def _not_utf8(file: BinaryIO, name: str, *, line: int, at: int) -> Refused:
    """Return the refusal: which line, and how it would read in the encodings it might be in."""
    file.seek(max(0, at - SAMPLE // 2))
    sample = file.read(SAMPLE)
    file.seek(max(0, at - 200))
    before = file.read(min(at, 200)).rpartition(b"\n")[2]
    shown = before[-20:] + file.read(40).partition(b"\n")[0]
    guesses = [match.encoding for match in from_bytes(sample)][:3]
    readings = [f'as {guess} it reads "{_reading(shown, guess)}"' for guess in guesses]
    hint = "; ".join(readings) or "no encoding seems to fit"
    violation = Violation(
        code="file_encoding",
        path="format.encoding",
        message="Line {line} is not UTF-8: {hint}.",
        mend="Name the right encoding in an import profile (format.encoding), "
        "or save the file as UTF-8.",
        parameters={"line": line, "hint": hint, "encodings": guesses},
    )
    return Refused(f"{name}: {violation.text} {violation.mend_text}", [violation])


def _reading(shown: bytes, encoding: str) -> str:
    return shown.decode(encoding, "replace").strip()
