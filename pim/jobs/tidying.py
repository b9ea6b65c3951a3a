"""Remove uploads that nobody needs any more."""

from __future__ import annotations

import math
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from pim.settings import Settings
from pim.storage import run_files

#: How long an upload stays after it came, and after the last run that named it has ended: a dry
#: run can be confirmed and a failed import resumed that long.
KEPT: Final = timedelta(days=1)

_NEEDED = text(
    """
    SELECT jsonb_path_query(parameters, '$.paths[*]') #>> '{}' FROM run
    WHERE kind = 'import' AND (finished IS NULL OR finished > now() - :kept)
    """
)


def remove_old_uploads(engine: Engine, settings: Settings) -> int:
    """Remove the folders of uploads that belong to no run, or whose runs ended; return how many."""
    old = {folder.name for folder in _older_than(settings.uploads, KEPT)}
    old |= run_files.old_uploads(settings, age=KEPT)
    if not old:
        return 0
    with engine.connect() as connection:
        needed = {Path(path).parent.name for path in connection.scalars(_NEEDED, {"kept": KEPT})}
    for name in old - needed:
        shutil.rmtree(settings.uploads / name, ignore_errors=True)  # another may be at it, too
        run_files.forget(settings, settings.uploads / name)
    return len(old - needed)


def _older_than(uploads: Path, age: timedelta) -> list[Path]:
    before = time.time() - age.total_seconds()
    return [folder for folder in uploads.glob("*/") if _came(folder) < before]


def _came(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another worker was faster
        return math.inf
