"""Try a storage out: everything that Polka asks of it, conditional writes above all."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pim.errors import Conflict, PimError
from pim.storage.bucket import PART, Bucket

FOLDER: Final = "check"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One thing that was tried; `problem` is None if it works."""

    what: str
    problem: str | None = None


def check(bucket: Bucket) -> Iterator[Tried]:
    """Try one thing after the other in a folder of its own, which is removed at the end."""
    place = f"{FOLDER}/{secrets.token_hex(8)}"
    try:
        for what, attempt in _ATTEMPTS.items():
            try:
                yield Tried(what=what, problem=attempt(bucket, place))
            except PimError as error:
                yield Tried(what=what, problem=str(error))
    finally:
        with suppress(PimError):
            bucket.delete_folder(place)


def _whole(bucket: Bucket, place: str) -> str | None:
    bucket.put(f"{place}/small", b"small")
    found = bucket.read(f"{place}/small")
    return None if found and found.content == b"small" else "It gave back other bytes."


def _big(bucket: Bucket, place: str) -> str | None:
    with tempfile.TemporaryDirectory(prefix="polka-storage-") as folder:
        sent, came = Path(folder) / "sent", Path(folder) / "came"
        sent.write_bytes(secrets.token_bytes(PART + 1))
        bucket.put_file(sent, f"{place}/big")
        bucket.fetch(f"{place}/big", came)
        same = sent.read_bytes() == came.read_bytes()
    return None if same else "It gave back other bytes."


def _copied(bucket: Bucket, place: str) -> str | None:
    bucket.copy(f"{place}/small", f"{place}/copies/small")
    listed = [each.key for each in bucket.list(f"{place}/copies")]
    return None if listed == [f"{place}/copies/small"] else "The copy is not listed."


def _once(bucket: Bucket, place: str) -> str | None:
    bucket.write(f"{place}/pointer", b"one", before=None)
    try:
        bucket.write(f"{place}/pointer", b"two", before=None)
    except Conflict:
        return None
    return _ignored("If-None-Match")


def _matching(bucket: Bucket, place: str) -> str | None:
    bucket.put(f"{place}/moving", b"one")
    first = bucket.read(f"{place}/moving")
    bucket.write(f"{place}/moving", b"two", before=first)
    try:
        bucket.write(f"{place}/moving", b"three", before=first)
    except Conflict:
        return None
    return _ignored("If-Match")


def _ignored(header: str) -> str:
    return (
        f"It ignores {header}: two machines could replace each other's pointers unnoticed. Use a "
        "storage, or a newer version of this one, that honours conditional writes."
    )


def _removed(bucket: Bucket, place: str) -> str | None:
    for _ in range(2):  # also what is not there any more
        bucket.delete([f"{place}/small"])
    return "It is still there." if bucket.read(f"{place}/small") else None


_ATTEMPTS: Final[dict[str, Callable[[Bucket, str], str | None]]] = {
    "writes and reads an object": _whole,
    "takes a file in parts and gives it back in parts": _big,
    "copies and lists objects": _copied,
    "creates an object only once": _once,
    "replaces an object only if it is the one that was read": _matching,
    "removes an object": _removed,
}
