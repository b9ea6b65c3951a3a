"""What is worked out about a base once and kept in files beside the segments, for all processes.

Files lie in a folder per base and go with it. Whoever writes the same one writes the same bytes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pim.projection.catalogue import Catalogue
from pim.projection.manifest import ORDERS
from pim.projection.segments import mapped, open_file, write_file


def kept(catalogue: Catalogue, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Return a frame about the base, from its file; `make` is asked if there is none yet."""
    base = catalogue.pieces[0]
    folder = catalogue.folder / ORDERS / catalogue.manifest.base.name
    path = folder / f"{hashlib.sha256(f'{base.key} {name}'.encode()).hexdigest()[:24]}.arrow"
    if not path.exists():
        _write(path, make())
    table = open_file(path)
    return pl.DataFrame([mapped(table, column) for column in table.column_names])


def _write(path: Path, frame: pl.DataFrame) -> None:
    """Write a file that appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    write_file(draft, frame)
    draft.rename(path)
