"""XML parts as events: no document types, no entities, whatever prefix the namespaces have."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from pim.errors import Refused

CHUNK = 256 * 1024
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def parser() -> expat.XMLParserType:
    """Return a parser that refuses document types, the door of every XML attack."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.buffer_size = CHUNK
    made.StartDoctypeDeclHandler = _refuse
    return made


def chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part's bytes; raises Refused where the zip is damaged."""
    try:
        with archive.open(part) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Refused(f"its part {part} is damaged ({error}).") from error


def feed(made: expat.XMLParserType, archive: zipfile.ZipFile, part: str) -> Iterator[None]:
    """Parse a part, stopping after each chunk so that its events can be taken."""
    try:
        for chunk in chunks(archive, part):
            made.Parse(chunk)
            yield
        made.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Refused(f"its part {part} is not well-formed ({error}).") from error


def elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each element's name without its prefix, and its attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    made = parser()
    made.StartElementHandler = lambda name, attributes: found.append((local(name), attributes))
    for _ in feed(made, archive, part):
        yield from found
        found.clear()


def strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Return the workbook's shared texts: runs joined, phonetic hints left out."""
    found: list[str] = []
    runs: list[str] = []
    open_tags: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        open_tags.append(local(name))

    def end(_: str) -> None:
        if open_tags.pop() == "si":
            found.append(unescaped("".join(runs)))
            runs.clear()

    def text(data: str) -> None:
        if open_tags[-1] == "t" and "rPh" not in open_tags:
            runs.append(data)

    made = parser()
    made.StartElementHandler, made.EndElementHandler = start, end
    made.CharacterDataHandler = text
    for _ in feed(made, archive, part):
        pass
    return found


def unescaped(text: str) -> str:
    """Return text with _x000D_ and the like as the characters they stand for."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def local(name: str) -> str:
    """Return an element's name without its prefix."""
    return name.rpartition(":")[2]


def _refuse(*_: object) -> NoReturn:
    raise Refused("it declares a document type, which no workbook needs.")
