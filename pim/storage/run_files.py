"""Files of runs that another machine may need: uploads, staged rows, selections, error files.

Each lies below `runs` of the home of the machine that made it, and below `runs` in the storage,
under the same name. Without a storage all of this does nothing.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pim.errors import NotFound, Retryable
from pim.settings import Settings
from pim.storage.opening import bucket_of

logger = logging.getLogger(__name__)

ROOT: Final = "runs"
UPLOADS: Final = "uploads"

#: A run's file, wherever its home lies: below the last folder `runs`, of an upload or of a run.
_NOTED: Final = re.compile(rf".*/{ROOT}/((?:{UPLOADS}/[\w-]{{22}}|\d+)(?:/[^/]+)+)", re.DOTALL)


def share(settings: Settings, path: Path, *, last: str = "") -> None:
    """Send a file, or a folder's files that are not there yet, to the storage.

    The file named `last` is sent after the others, in any case: it tells what they mean.
    """
    bucket = bucket_of(settings)
    if bucket is None or not path.exists():
        return
    if path.is_file():
        bucket.put_file(path, _key(settings, path))
        return
    known = {each.key: each.size for each in bucket.list(_key(settings, path))}
    files = [each for each in path.rglob("*") if each.is_file()]
    for each in sorted(files, key=lambda each: each.name == last):
        key = _key(settings, each)
        if each.name == last or known.get(key) != each.stat().st_size:
            bucket.put_file(each, key)


def bring(settings: Settings, folder: Path, *, last: str = "") -> None:
    """Fetch what the storage has of a run's folder and this machine has not."""
    bucket = bucket_of(settings)
    if bucket is None:
        return
    root = _key(settings, folder)
    for each in sorted(bucket.list(root), key=lambda each: each.key.endswith(f"/{last}")):
        path = folder / each.key.removeprefix(f"{root}/")
        if path.name == last or not path.is_file() or path.stat().st_size != each.size:
            bucket.fetch(each.key, path)


def here(settings: Settings, path: Path) -> Path:
    """Return a run's file or folder on this machine, as any machine noted it.

    A file that only another machine has is fetched; one that nobody has stays missing.
    """
    noted = _NOTED.fullmatch(str(path))
    if path.exists() or noted is None or ".." in path.parts:
        return path
    local = settings.runs / noted[1]
    bucket = bucket_of(settings)
    if bucket and not local.exists():
        with suppress(NotFound):
            bucket.fetch(_key(settings, local), local)
    return local


def forget(settings: Settings, folder: Path) -> None:
    """Remove a folder's files from the storage, if it lets itself be asked."""
    if bucket := bucket_of(settings):
        try:
            bucket.delete_folder(_key(settings, folder))
        except Retryable:
            logger.exception("%s stays in the storage", folder.name)


def old_uploads(settings: Settings, *, age: timedelta) -> set[str]:
    """Return the tokens of uploads that came to the storage longer ago."""
    bucket = bucket_of(settings)
    before = datetime.now(UTC) - age
    listed = bucket.list(f"{ROOT}/{UPLOADS}") if bucket else ()
    return {each.key.split("/")[2] for each in listed if each.modified < before}


def _key(settings: Settings, path: Path) -> str:
    return f"{ROOT}/{path.relative_to(settings.runs).as_posix()}"
