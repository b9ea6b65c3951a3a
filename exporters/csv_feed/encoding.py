"""From UTF-8 to what the reader expects."""

from __future__ import annotations

import codecs
from typing import Protocol

from exporters.contract.writing import Sink
from exporters.csv_feed.options import CsvOptions
from pim.domain.violations import Violation
from pim.errors import Refused

MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16le": codecs.BOM_UTF16_LE}


class Encode(Protocol):
    """Turn a chunk of UTF-8 into the file's encoding; the first chunk gets the byte order mark."""

    def __call__(self, data: bytes, *, first: bool = False) -> bytes:
        """Return the chunk as the file holds it."""


def encoder(options: CsvOptions, sink: Sink) -> Encode:
    """Return the encoding function of a file; replaced characters are counted in the sink."""
    mark = MARKS.get(options.encoding, b"")

    def encode(data: bytes, *, first: bool = False) -> bytes:
        return (mark if first else b"") + _encoded(data, options, sink)

    return encode


def _encoded(data: bytes, options: CsvOptions, sink: Sink) -> bytes:
    if options.encoding.startswith("utf-8"):
        return data
    text = data.decode("utf-8")
    try:
        return text.encode(options.encoding.replace("utf-16le", "utf-16-le"))
    except UnicodeEncodeError as error:
        lacking = error.object[error.start : error.end]
    if options.unencodable == "refuse":
        raise Refused("The file holds characters that its encoding lacks", [_lacks(lacking)])
    replaced = text.encode(options.encoding, errors="replace")
    sink.note("replaced_characters", replaced.count(b"?") - text.count("?"))
    return replaced


def _lacks(characters: str) -> Violation:
    return Violation(
        code="encoding.lacks",
        path="encoding",
        message='The encoding of the feed has no character "{value}"',
        parameters={"value": characters[:20]},
        value=characters[:20],
        mend="Choose utf-8, replace the character in the mapping, or allow ? in its place",
    )
