"""Artifacts as they are written: plain, or packed by a fast gzip that any reader unpacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip

#: Of ISA-L's levels 0 to 3; several times as fast as zlib at nearly the size of its fastest.
LEVEL = 1

SUFFIXES = {None: "", "gzip": ".gz"}


@contextmanager
def opened(path: Path, compression: str | None) -> Iterator[BinaryIO]:
    """Open a new file for writing; what is packed has the same bytes whenever it is packed."""
    with path.open("wb") as file:
        if compression is None:
            yield file
            return
        # Neither a name nor a time goes into the header.
        packed = igzip.IGzipFile(  # type: ignore[no-untyped-call]  # isal has no types here
            filename="", mode="wb", compresslevel=LEVEL, fileobj=file, mtime=0
        )
        with packed:
            yield cast("BinaryIO", packed)
