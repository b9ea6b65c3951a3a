"""Bring a backup back: checked first, the database in one transaction, safe to run again.

The structure of the tables comes from the migrations, so a backup fits every PostgreSQL that Polka
runs on; only rows are loaded. Nothing counts until that transaction is committed, and a mark in
the home tells a second run that what it finds is the first one's.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson
import pyarrow as pa
from alembic import command
from alembic.util import CommandError
from psycopg import Cursor, sql
from sqlalchemy import Connection, Engine, text

from channels.publication.sharing import feed_folder
from pim.assets.storage import Storage
from pim.db import migrate
from pim.errors import Refused
from pim.operations.backup import tables
from pim.operations.backup.archive import BLOCK
from pim.operations.backup.dumping import FORMAT
from pim.operations.backup.verifying import members, require_whole
from pim.settings import Settings

MARK: Final = "restore.unfinished"
#: Seconds that we wait for others to leave the database.
FAREWELL: Final = 5.0
STOPPED: Final = (
    "The backup was made while this was going on. What it had committed is there; start it again."
)

Progress = Callable[[int, int, str], None]

_OTHERS = text(
    """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend'
    """
)
_LOOK_AGAIN = text("SELECT pg_stat_clear_snapshot()")
_ANYTHING = "SELECT 1 FROM {} LIMIT 1"
#: A database is empty when none of these has rows; seeds do not count.
_CONTENT: Final = ("product", "product_model", "attribute", "feed", "app_user", "change_set", "run")
_AFTERWARDS: Final = (
    """
    UPDATE run SET state = 'failed', error = :stopped, finished = now()
    WHERE state IN ('queued', 'running')
    """,
    "UPDATE change_set SET state = 'failed', finished = now() WHERE state = 'running'",
    # Numbers of the old database's transactions may lie in this one's future.
    "UPDATE campaign_version SET xid = pg_current_xact_id()",
    # Whoever followed the log of the old database must start anew here.
    "UPDATE horizon SET log_before = (pg_current_xact_id()::text::numeric + 1)::text::xid8",
)


@dataclass
class RestoreResult:
    """What came back: rows by table, files of media and feeds, where the backup came from."""

    path: str
    at: str
    rows: dict[str, int] = field(default_factory=dict)
    media: int = 0
    feeds: int = 0
    seconds: float = 0.0


def restore(
    engine: Engine,
    settings: Settings,
    path: Path,
    *,
    replace: bool = False,
    progress: Progress = lambda _done, _total, _stage: None,
) -> RestoreResult:
    """Restore a backup into an empty home and database, or (with `replace`) over everything.

    Raises Refused when the backup is damaged or of a newer version, when something is there, or
    when pages or workers are still connected.
    """
    began = time.monotonic()
    manifest = require_whole(path)
    _require_known(manifest)
    mark = settings.home / MARK
    again = mark.exists() and mark.read_text(encoding="utf-8") == manifest["checksums"]
    settings.home.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        if not (replace or again):
            _require_empty(connection, settings, manifest["feeds"])
        _require_alone(connection)
        mark.write_text(manifest["checksums"], encoding="utf-8")
        _clear(settings, manifest["feeds"])
        result = RestoreResult(path=str(path), at=manifest["at"])
        _load(connection, settings, path, manifest, result, progress)
        _point(settings, manifest)
    mark.unlink()
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _require_known(manifest: dict[str, Any]) -> None:
    if manifest["format"] > FORMAT:
        raise Refused(
            f"The backup has format {manifest['format']}; this version of Polka knows {FORMAT}. "
            f"Restore it with Polka {manifest['polka']} or newer."
        )


def _require_alone(connection: Connection) -> None:
    until = time.monotonic() + FAREWELL
    while others := connection.scalar(_OTHERS) or 0:
        if time.monotonic() < until:  # one that was closed just now takes its time to be gone
            time.sleep(0.2)
            connection.execute(_LOOK_AGAIN)
            continue
        raise Refused(
            f"{others} other connections use this database: stop all pages and workers first."
        )


def _require_empty(connection: Connection, settings: Settings, feeds: Iterable[str]) -> None:
    """Refuse to write over anything that somebody may still need."""
    found = [name for name in ("feeds", "storage") if _has_files(settings.home / name)]
    found += [
        f"the feed {code}" for code in feeds if feed_folder(settings, code).newest() is not None
    ]
    present = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r'")))
    found += [
        f"the table {name}"
        for name in _CONTENT
        if name in present and connection.scalar(text(_ANYTHING.format(name)))
    ]
    if found:
        raise Refused(
            f"There is something already: {', '.join(found)}. Restore into an empty home and "
            "database, or say --replace to lose what is there."
        )


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*")) if folder.is_dir() else False


def _clear(settings: Settings, feeds: Iterable[str]) -> None:
    """Remove what is made from the database, and feeds: they come from the backup.

    Media are named by their content; those that the backup does not know do no harm.
    """
    for code in feeds:
        feed_folder(settings, code).remove()
    for folder in (settings.projection, settings.feeds, settings.home / "renditions"):
        shutil.rmtree(folder, ignore_errors=True)


def _load(
    connection: Connection,
    settings: Settings,
    path: Path,
    manifest: dict[str, Any],
    result: RestoreResult,
    progress: Progress,
) -> None:
    """Load members as they come; everything of the database in the caller's transaction."""
    _rebuild_schema(connection, manifest)
    known = {table.name: table for table in tables.tables(connection)}
    making = list(tables.without_indexes(connection, list(known)))
    _empty(connection, list(known))
    storage = Storage.from_settings(settings)
    with tables.driver(connection).cursor() as cursor:
        for number, (name, _, content) in enumerate(members(path)):
            kind, _, rest = name.partition("/")
            if kind == "database":
                table = known[rest.split(".")[0]]
                _copy_in(cursor, table, content)
                result.rows[table.name] = result.rows.get(table.name, 0) + cursor.rowcount
            elif kind == "media":
                _media(storage, rest, content)
                result.media += 1
            elif kind == "feeds":
                _feed_file(settings, rest, content)
                result.feeds += 1
            progress(number + 1, manifest["members"], kind)
    _finish(connection, making, manifest)


def _rebuild_schema(connection: Connection, manifest: dict[str, Any]) -> None:
    """Take the database back to nothing and up to the revision of the backup."""
    configuration = migrate.configuration(connection)
    try:
        if migrate.current_revision(connection) is not None:
            command.downgrade(configuration, "base")
        command.upgrade(configuration, manifest["revision"])
    except CommandError as error:
        raise Refused(
            f"The backup was made by Polka {manifest['polka']} at revision "
            f"{manifest['revision']}, and this version cannot get there ({error}). Restore it with "
            "that version or a newer one."
        ) from error


def _empty(connection: Connection, names: list[str]) -> None:
    """Remove what migrations have put in; rows may then be loaded as already seen by all."""
    listed = sql.SQL(", ").join(map(sql.Identifier, [*names, tables.LOG]))
    with tables.driver(connection).cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(listed))


def _copy_in(cursor: Cursor[Any], table: tables.Table, content: IO[bytes]) -> None:
    """Load one part of a table; a part ends anywhere, so it is completed by the next."""
    with cursor.copy(table.copy_in()) as copy, pa.CompressedInputStream(content, "zstd") as rows:
        while block := rows.read(BLOCK):
            copy.write(block)


def _finish(connection: Connection, making: list[str], manifest: dict[str, Any]) -> None:
    """Make indexes and keys again, and settle what was going on when the backup was made."""
    for statement in making:
        connection.exec_driver_sql(statement)
    for name, value in manifest["sequences"].items():
        connection.execute(
            text("SELECT setval(CAST(:name AS regclass), :value)"),
            {"name": f'"{name}"', "value": value},
        )
    command.upgrade(migrate.configuration(connection), "head")
    for statement in _AFTERWARDS:
        values = {"stopped": STOPPED} if ":stopped" in statement else {}
        connection.execute(text(statement), values)
    connection.exec_driver_sql("ANALYZE")


def _media(storage: Storage, key: str, content: IO[bytes]) -> None:
    with _spooled(content) as path:
        storage.bring_back(path, key)


def _feed_file(settings: Settings, name: str, content: IO[bytes]) -> None:
    place = settings.feeds / name
    if ".." in place.parts:
        raise Refused(f"The backup names a file outside of its place: {name}.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        if place.name == "manifest.json":
            file.write(_of_no_moment(content.read()))
        else:
            shutil.copyfileobj(content, file, BLOCK)


def _of_no_moment(manifest: bytes) -> bytes:
    """Return a publication's manifest without its snapshot, a moment of the old database.

    The next publication then compares all items with the ledger, and tells only what changed.
    """
    document = {**orjson.loads(manifest), "snapshot": None}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _point(settings: Settings, manifest: dict[str, Any]) -> None:
    """Make publications current, now that all of their files are there."""
    for code, pointers in manifest["feeds"].items():
        folder = feed_folder(settings, code)
        for publication in sorted((folder.path / "publications").glob("*")):
            folder.share(publication)
        for pointer, number in pointers.items():
            if number is not None:
                folder.switch(number, pointer)


@contextmanager
def _spooled(content: IO[bytes]) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        path = Path(file.name)
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, BLOCK)
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
