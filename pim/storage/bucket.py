"""A bucket of S3, or of anything that speaks it: whole objects, conditional writes, big files.

Every write of an object is atomic: readers see all of the old one or all of the new one. Nothing
here appends, renames or locks. Keys and rights come from the usual variables (AWS_...), from the
machine's role, or from the cluster that it runs in.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import obstore
from obstore.store import S3Store

from pim.errors import Conflict, NotFound
from pim.storage.failures import told

#: Bytes of a part of a big object, and how many parts travel at once.
PART: Final = 8 * 1024**2
AT_ONCE: Final = 4
#: S3 takes 10,000 parts of one object, and copies objects of up to 5 GB by itself.
MOST_PARTS: Final = 9_000
LARGEST_COPY: Final = 5 * 10**9
READ_AHEAD: Final = 1024**2


@dataclass(frozen=True, kw_only=True)
class Found:
    """A small object as it was read; `tag` names exactly this state of it."""

    content: bytes
    tag: str


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object in a listing."""

    key: str
    size: int
    modified: datetime


class Bucket:
    """Objects below one URL; threads and processes may share it, forks before its first use."""

    def __init__(self, url: str, *, endpoint: str | None = None, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._store = S3Store.from_url(
            self.url,
            config={"endpoint": endpoint} if endpoint else {},
            client_options={
                "timeout": timedelta(seconds=timeout),
                "connect_timeout": timedelta(seconds=min(5.0, timeout)),
                "allow_http": (endpoint or "").startswith("http://"),
            },
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=4 * timeout)},
        )

    def read(self, key: str) -> Found | None:
        """Return a small object with its tag, None if there is none."""
        try:
            with told(self.url, key):
                answer = obstore.get(self._store, key)
                return Found(content=bytes(answer.bytes()), tag=answer.meta["e_tag"] or "")
        except NotFound:
            return None

    def write(self, key: str, content: bytes, *, before: Found | None) -> None:
        """Replace exactly the state that was read before (None: there was none), in one step.

        Raises Conflict when somebody else has written the object since.
        """
        try:
            self._write(key, content, {"e_tag": before.tag} if before else "create")
        except Conflict:
            now = self.read(key)
            if now is not None and now.content == content:
                return  # by ourselves: the answer to a first try was lost
            if before is None or now is None or now.tag != before.tag:
                raise
            # Nobody was quicker: older gateways of Ceph know tags only without their quotes.
            self._write(key, content, {"e_tag": before.tag.strip('"')})

    def _write(self, key: str, content: bytes, mode: Any) -> None:
        with told(self.url, key):
            obstore.put(self._store, key, content, mode=mode, use_multipart=False)

    def put(self, key: str, content: bytes) -> None:
        """Write a small object, whatever was there."""
        with told(self.url, key):
            obstore.put(self._store, key, content, use_multipart=False)

    def put_file(self, path: Path, key: str) -> None:
        """Write a local file as an object, in parts, at constant memory."""
        size = path.stat().st_size
        with told(self.url, key):
            obstore.put(
                self._store,
                key,
                path,
                use_multipart=size > PART,
                chunk_size=max(PART, size // MOST_PARTS + 1),
                max_concurrency=AT_ONCE,
            )

    def fetch(self, key: str, path: Path) -> None:
        """Copy an object to a local file, which appears whole; raises NotFound.

        Parts come side by side at constant memory, all of the same state of the object.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with draft.open("wb") as file:
                self._fetch_into(key, file.fileno())
                os.fsync(file.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)

    def _fetch_into(self, key: str, descriptor: int) -> None:
        with told(self.url, key):
            meta = obstore.head(self._store, key)
        size, tag = meta["size"], meta["e_tag"]
        os.truncate(descriptor, size)

        def fetch_part(start: int) -> None:
            end = min(start + PART, size)
            options: Any = {"range": (start, end), "if_match": tag}
            with told(self.url, key):
                part = obstore.get(self._store, key, options=options).bytes()
            if os.pwrite(descriptor, part, start) != end - start:
                raise OSError(f"Only a part of {key} could be written.")

        if size <= PART:
            for start in range(0, size, PART):
                fetch_part(start)
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(fetch_part, range(0, size, PART)):
                pass

    def opened(self, key: str) -> BinaryIO:
        """Open an object for reading from any place in it; raises NotFound."""
        with told(self.url, key):
            file = obstore.open_reader(self._store, key, buffer_size=READ_AHEAD)
        return io.BufferedReader(_Reader(self.url, key, file), READ_AHEAD)

    def copy(self, source: str, target: str) -> None:
        """Copy an object of up to LARGEST_COPY bytes; its target appears whole."""
        with told(self.url, source):
            obstore.copy(self._store, source, target)

    def size(self, key: str) -> int | None:
        """Return an object's size in bytes, None if there is none."""
        try:
            with told(self.url, key):
                return int(obstore.head(self._store, key)["size"])
        except NotFound:
            return None

    def list(self, folder: str) -> Iterator[Listed]:
        """Yield all objects below a folder."""
        with told(self.url, folder):
            for batch in obstore.list(self._store, folder):
                for each in batch:
                    yield Listed(
                        key=each["path"], size=each["size"], modified=each["last_modified"]
                    )

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        gone = list(keys)
        if gone:
            with told(self.url, gone[0]):
                obstore.delete(self._store, gone)

    def delete_folder(self, folder: str) -> None:
        """Remove all objects below a folder."""
        self.delete([each.key for each in self.list(folder)])


def together(act: Callable[[str], None], names: Sequence[str]) -> None:
    """Do something with each of a few objects at once; raise the first error when all ended."""
    if len(names) < 2:
        for name in names:
            act(name)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(act, names):
            pass


class _Reader(io.RawIOBase):
    """An object as Python's own files are read."""

    def __init__(self, url: str, key: str, file: obstore.ReadableFile) -> None:
        self._url, self._key, self._file = url, key, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with told(self._url, self._key):
            part = bytes(self._file.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
