"""Uploaded files, each in a folder of its own. A worker removes them a day after their last run."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Final

from werkzeug.datastructures import FileStorage

from pim.errors import NotFound, Refused
from pim.settings import Settings
from pim.storage import run_files

SUFFIXES: Final = (".csv", ".xlsx", ".zip", ".txt", ".tsv")
_NAME: Final = re.compile(r"[^\w.\- ]+")
_TOKEN: Final = re.compile(r"[\w-]{22}")


def keep(settings: Settings, upload: FileStorage | None) -> Path:
    """Store an upload under its own name in a fresh folder; raise Refused for other formats."""
    name = _safe(upload.filename or "") if upload else ""
    if upload is None or not name:
        raise Refused("Choose a file to import: CSV, XLSX, or ZIP with files and media.")
    if not name.lower().endswith(SUFFIXES):
        raise Refused(f'"{name}" is not a file that can be imported. Choose CSV, XLSX or ZIP.')
    folder = settings.uploads / secrets.token_urlsafe(16)
    folder.mkdir(parents=True)
    path = folder / name
    upload.save(path)
    run_files.share(settings, path)
    return path


def again(settings: Settings, path: Path) -> Path:
    """Return an upload that is to be imported once more; raise NotFound if it has gone."""
    path = run_files.here(settings, path)
    inside = path.parent.parent == settings.uploads and _TOKEN.fullmatch(path.parent.name)
    if not inside or not path.is_file():
        raise NotFound("The uploaded file is not kept any more: upload it again.")
    return path


def _safe(name: str) -> str:
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _NAME.sub("_", plain).strip(". ")[-120:]
