"""Media files by content: a local folder by default, any fsspec URL by configuration.

A key is `a/b/c/d/<40 hex>_name.ext`: the SHA-1 of the content, spread over folders by its first
digits, and the name that the file was given. The same file under the same name is stored once.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec

from pim.errors import NotFound
from pim.settings import Settings

_KEY = re.compile(r"[0-9a-f](/[0-9a-f]){3}/[0-9a-f]{40}_[^/]+")
_UNSAFE = re.compile(r"[^\w.\-]+")
_BLOCK = 1024 * 1024


class Storage:
    """Stored media files, found by key."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.url_to_fs(url)

    @classmethod
    def from_settings(cls, settings: Settings) -> Storage:
        """Return the storage that the settings name."""
        return cls(settings.storage_url or settings.storage.as_uri())

    def put(self, path: Path, *, name: str | None = None) -> str:
        """Store a local file and return its key; a file that is already there is left alone."""
        key = self.key_for(path, name=name)
        target = self._at(key)
        if not self._files.exists(target):
            self._files.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
            temporary = f"{target}.{uuid.uuid4().hex}.part"  # others may store the same file
            self._files.put_file(str(path), temporary)
            self._files.mv(temporary, target)
        return key

    @staticmethod
    def key_for(path: Path, *, name: str | None = None) -> str:
        """Return the key that a local file has once stored."""
        return _key_of(_digest(path), name or path.name)

    def exists(self, key: str) -> bool:
        """Tell whether a key is well formed and stored."""
        return bool(_KEY.fullmatch(key)) and bool(self._files.exists(self._at(key)))

    def size(self, key: str) -> int:
        """Return the size of a stored file in bytes."""
        return int(self._files.size(self._at(key)))

    @contextmanager
    def open(self, key: str) -> Iterator[IO[bytes]]:
        """Open a stored file for reading; raises NotFound."""
        if not self.exists(key):
            raise NotFound(f"There is no stored file {key}.")
        with self._files.open(self._at(key), "rb") as file:
            yield file

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"


def file_name(key: str) -> str:
    """Return the name that a stored file was given."""
    return key.rsplit("/", 1)[-1].partition("_")[2]


def _digest(path: Path) -> str:
    digest: Any = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return str(digest.hexdigest())


def _key_of(digest: str, name: str) -> str:
    safe = _UNSAFE.sub("_", name).strip("._") or "file"
    return "/".join((*digest[:4], f"{digest}_{safe[-100:]}"))
