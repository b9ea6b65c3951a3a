"""Files: what feeds point to, media that values name, folders that belong to nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from sqlalchemy import text

from channels.publication.files import CURRENT, DELTA, FeedFolder
from channels.publication.ledger import LEDGER
from channels.publication.sharing import feed_folder
from pim.assets.storage import Storage
from pim.operations.doctor.finding import Finding, Patient, error, ok, warning
from pim.structure import queries as structures

#: Files asked for one by one: a storage on another machine takes its time.
ASKED: Final = 2_000
SHOWN: Final = 5
#: Seconds after which a folder that belongs to nothing is no beginning any more.
SETTLED: Final = 3600.0
MEDIA: Final = ("pim_catalog_image", "pim_catalog_file", "pim_catalog_asset_collection")

_PUBLICATIONS = text("SELECT id, state, kind, items FROM publication")
_FEEDS = text("SELECT code FROM feed ORDER BY code")
_RUNS = text("SELECT id FROM run")
# Every text below the attributes that hold keys of files, of products and of models.
_KEYS = text(
    r"""
    SELECT DISTINCT key FROM (
        SELECT values FROM product UNION ALL SELECT values FROM product_model
    ) AS documents,
    unnest(CAST(:attributes AS text[])) AS attribute,
    jsonb_path_query(values -> attribute, 'strict $.** ? (@.type() == "string")') AS found,
    LATERAL (SELECT found #>> '{}' AS key) AS keys
    LIMIT :most
    """
)


def feeds(patient: Patient) -> Iterator[Finding]:
    """Compare pointers, manifests, ledgers and the publications' rows."""
    with patient.connect() as connection:
        records = {row.id: row for row in connection.execute(_PUBLICATIONS)}
        codes = list(connection.scalars(_FEEDS))
    found = 0
    for code in codes:
        folder = feed_folder(patient.settings, code)
        for pointer in (CURRENT, DELTA):
            number = folder.pointed(pointer)
            if number is not None:
                found += 1
                yield from _publication(code, pointer, folder, number, records)
    yield ok("feeds", f"{len(codes)} feeds, {found} pointers looked at.")


def _publication(
    code: str, pointer: str, folder: FeedFolder, number: int, records: dict[int, Any]
) -> Iterator[Finding]:
    manifest = folder.manifest(number)
    if manifest is None:
        yield error(
            "feeds",
            f"{code}: {pointer} names publication {number}, which is not whole.",
            mend=f"pim feed rollback {code}, or publish it: pim feed publish {code}.",
        )
        return
    record = records.get(number)
    if record is None or record.state not in ("published", "running"):
        state = "unknown" if record is None else record.state
        yield warning(
            "feeds",
            f"{code}: {pointer} names publication {number}, which the database calls {state}.",
            mend=f"pim feed publish {code} settles it.",
        )
    short = [
        name
        for name, described in manifest["files"].items()
        if not _is_whole(folder.file(number, name), described["bytes"])
    ]
    if short:
        yield error(
            "feeds",
            f"{code}: {', '.join(short)} of publication {number} is missing or cut short.",
            mend=f"pim feed publish {code} writes new files.",
        )
    yield from _ledger(code, folder, number, manifest)


def _ledger(
    code: str, folder: FeedFolder, number: int, manifest: dict[str, Any]
) -> Iterator[Finding]:
    """Compare a whole publication's ledger with its manifest; deltas hold only what changed."""
    if manifest.get("base") is not None:
        return
    try:
        rows = pl.scan_parquet(folder.file(number, LEDGER)).select(pl.len()).collect().item()
    except (OSError, pl.exceptions.PolarsError) as problem:
        rows = f"no ledger that can be read ({type(problem).__name__})"
    if rows != manifest["items"]:
        yield error(
            "feeds",
            f"{code}: the ledger of publication {number} has {rows}, its manifest "
            f"{manifest['items']} items.",
            mend=f"pim feed publish {code} writes a new one; its destination is told every item.",
        )


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def media(patient: Patient) -> Iterator[Finding]:
    """Ask for files that values name."""
    with patient.connect() as connection:
        structure = structures.current(connection)
        named = [each.code for each in structure.attributes if each.type in MEDIA]
        keys = list(connection.scalars(_KEYS, {"attributes": named, "most": ASKED}))
    storage = Storage.from_settings(patient.settings)
    missing = [key for key in keys if not storage.exists(key)]
    if missing:
        yield error(
            "media",
            f"{len(missing)} of {len(keys)} files are missing: {', '.join(missing[:SHOWN])}.",
            mend="Bring them back from a backup (pim restore), or import the pictures again.",
        )
    else:
        yield ok("media", f"{len(keys)} files that values name are there.")


def orphans(patient: Patient) -> Iterator[Finding]:
    """Look for folders that belong to no feed, no run, no process."""
    with patient.connect() as connection:
        codes = {code.lower() for code in connection.scalars(_FEEDS)}
        runs = {str(number) for number in connection.scalars(_RUNS)}
    given = patient.settings
    left = [p for p in _folders(given.feeds) if p.name.lower() not in codes]
    left += [p for p in _folders(given.runs) if p.name.isdigit() and p.name not in runs]
    left += [p for p in given.home.glob(".backup-*") if not _lives(p.name.split("-")[1])]
    if left:
        size = sum(_bytes(path) for path in left)
        yield warning(
            "orphans",
            f"{len(left)} folders ({size / 1e6:.1f} MB) belong to nothing: "
            f"{', '.join(str(path.relative_to(given.home)) for path in left[:SHOWN])}.",
            mend="pim doctor --fix removes them.",
            fix=lambda: _remove(left),
        )
    else:
        yield ok("orphans", "Every folder belongs to something.")


def _folders(parent: Path) -> list[Path]:
    """Return folders that were not made just now, by somebody who has yet to say what for."""
    before = time.time() - SETTLED
    return sorted(p for p in parent.glob("*") if p.is_dir() and p.stat().st_mtime < before)


def _lives(number: str) -> bool:
    return Path(f"/proc/{number}").exists()


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _remove(folders: Sequence[Path]) -> str:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{len(folders)} folders were removed."
