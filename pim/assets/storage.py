"""Media files by content: in a local folder by default, in the storage of all machines if set.

A key is `a/b/c/d/<40 hex>_name.ext`: the SHA-1 of the content, spread over folders by its first
digits, and the name that the file was given. The same file under the same name is stored once.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

from pim.errors import NotFound
from pim.settings import Settings
from pim.storage import Bucket, bucket_of

#: The folder of media in the storage of all machines.
MEDIA: Final = "media"

_KEY = re.compile(r"[0-9a-f](/[0-9a-f]){3}/[0-9a-f]{40}_[^/]+")
_UNSAFE = re.compile(r"[^\w.\-]+")
_BLOCK = 1024 * 1024


class Storage:
    """Stored media files, found by key; in `bucket` if there is one, else in `folder`."""

    def __init__(self, folder: Path, bucket: Bucket | None = None) -> None:
        self._folder = folder
        self._bucket = bucket

    @classmethod
    def from_settings(cls, settings: Settings) -> Storage:
        """Return the storage that the settings name."""
        bucket = bucket_of(settings)
        local = settings.storage_url if bucket is None else None
        return cls(Path(unquote(urlsplit(local).path)) if local else settings.storage, bucket)

    def put(self, path: Path, *, name: str | None = None) -> str:
        """Store a local file and return its key; a file that is already there is left alone."""
        key = self.key_for(path, name=name)
        if not self.exists(key):
            if self._bucket:
                self._bucket.put_file(path, f"{MEDIA}/{key}")
            else:
                _copy(path, self._folder / key)
        return key

    @staticmethod
    def key_for(path: Path, *, name: str | None = None) -> str:
        """Return the key that a local file has once stored."""
        return _key_of(_digest(path), name or path.name)

    def exists(self, key: str) -> bool:
        """Tell whether a key is well formed and stored."""
        return bool(_KEY.fullmatch(key)) and self._size(key) is not None

    def size(self, key: str) -> int:
        """Return the size of a stored file in bytes; raises NotFound."""
        size = self._size(key) if _KEY.fullmatch(key) else None
        if size is None:
            raise NotFound(f"There is no stored file {key}.")
        return size

    @contextmanager
    def open(self, key: str) -> Iterator[IO[bytes]]:
        """Open a stored file for reading; raises NotFound."""
        self.size(key)
        bucket, path = self._bucket, self._folder / key
        with bucket.opened(f"{MEDIA}/{key}") if bucket else path.open("rb") as file:
            yield file

    def listed(self) -> Iterator[tuple[str, int]]:
        """Yield key and size of every stored file; one that comes meanwhile may be among them."""
        if self._bucket:
            for found in self._bucket.list(MEDIA):
                key = found.key.removeprefix(f"{MEDIA}/")
                if _KEY.fullmatch(key):
                    yield key, found.size
            return
        for path in sorted(self._folder.glob("?/?/?/?/*")):
            key = path.relative_to(self._folder).as_posix()
            if _KEY.fullmatch(key) and path.suffix != ".part":
                yield key, path.stat().st_size

    def bring_back(self, path: Path, key: str) -> None:
        """Store a local file under the key that it had; one that is there is left alone."""
        if not _KEY.fullmatch(key):
            raise NotFound(f"{key} is no key of a stored file.")
        if self._size(key) is None:
            if self._bucket:
                self._bucket.put_file(path, f"{MEDIA}/{key}")
            else:
                _copy(path, self._folder / key)

    def send(self, folder: Path) -> int:
        """Store the files of a folder that was the storage until now; return how many are new."""
        sent = 0
        for path in sorted(folder.glob("?/?/?/?/*")):
            key = path.relative_to(folder).as_posix()
            if _KEY.fullmatch(key) and not self.exists(key) and self._bucket:
                self._bucket.put_file(path, f"{MEDIA}/{key}")
                sent += 1
        return sent

    def try_out(self) -> None:
        """Write and remove a small file, raising what goes wrong."""
        name = f".ready-{uuid.uuid4().hex}"
        if self._bucket:
            self._bucket.put(f"{MEDIA}/{name}", b"")
            self._bucket.delete([f"{MEDIA}/{name}"])
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(b"")
        (self._folder / name).unlink()

    def _size(self, key: str) -> int | None:
        if self._bucket:
            return self._bucket.size(f"{MEDIA}/{key}")
        path = self._folder / key
        return path.stat().st_size if path.is_file() else None


def _copy(path: Path, target: Path) -> None:
    """Copy a file so that it appears whole: others may store the same one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        shutil.copyfile(path, draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


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
