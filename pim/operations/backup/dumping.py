"""Make a backup while everybody goes on working: one snapshot of the database, and its files.

The snapshot comes first. Media are never changed or removed, so what it names is there; what the
feeds' pointers name is held by hard links at once, before anybody retires it.
"""

from __future__ import annotations

import importlib.metadata
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Engine, text

from channels.publication.files import CURRENT, DELTA, MANIFEST, FeedFolder
from channels.publication.ledger import ITEMS, LEDGER
from channels.publication.rejected import REJECTED
from channels.publication.sharing import feed_folder
from pim.assets.storage import Storage
from pim.db import migrate
from pim.errors import Retryable
from pim.operations.backup import tables
from pim.operations.backup.archive import Writer, writing
from pim.settings import Settings

FORMAT: Final = 1
#: A table's rows are cut into parts of about this many bytes, compressed: what is held in memory.
PART: Final = 8 * 1024 * 1024
ROWS: Final = 1000
HOLDING: Final = ".backup-"
ATTEMPTS: Final = 5

_KNOWN = text("SELECT id FROM publication")
_FEEDS = text(
    """
    SELECT f.code, max(p.id) AS held FROM feed f
    LEFT JOIN publication p ON f.id = p.feed_id AND p.state = 'held' AND p.kind <> 'as_of'
    GROUP BY f.code
    """
)
_MOMENT = text(
    """
    SELECT now() AS at, pg_current_snapshot()::text AS snapshot,
           current_setting('server_version') AS postgresql,
           (SELECT system_identifier::text FROM pg_control_system()) AS system
    """
)


@dataclass
class BackupResult:
    """What a backup holds: rows by table, files of media and feeds, bytes and seconds."""

    path: str
    rows: dict[str, int] = field(default_factory=dict)
    media: int = 0
    feeds: dict[str, dict[str, int | None]] = field(default_factory=dict)
    members: int = 0
    bytes: int = 0
    seconds: float = 0.0


def back_up(
    engine: Engine, settings: Settings, path: Path, *, with_media: bool = True
) -> BackupResult:
    """Write a backup to `path`: a tar file if it ends so, else a folder.

    Raises Refused when `path` is there already.
    """
    began = datetime.now(UTC)
    result = BackupResult(str(path))
    with writing(path) as writer, _moment(engine, settings) as (connection, pointers, held):
        result.feeds = pointers
        manifest = _manifest(connection)
        for file in sorted(file for file in held.rglob("*") if file.is_file()):
            writer.write_file(f"feeds/{file.relative_to(held)}", file)
        for table in tables.tables(connection):
            result.rows[table.name] = _dump(connection, table, writer)
        manifest["sequences"] = tables.sequences(connection)
        if with_media:
            result.media = _media(settings, writer)
        writer.finish(
            {
                **manifest,
                "rows": result.rows,
                "media": result.media if with_media else None,
                "feeds": pointers,
            }
        )
    result.members, result.bytes = writer.members, writer.size
    result.seconds = round((datetime.now(UTC) - began).total_seconds(), 3)
    return result


@contextmanager
def _moment(
    engine: Engine, settings: Settings
) -> Iterator[tuple[Connection, dict[str, dict[str, int | None]], Path]]:
    """Open one moment of the database, with the files that the feeds' pointers name in it.

    A feed that is switched in the instant between is seen by its number; then it is tried again.
    """
    frozen = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    _forget_dead(settings)
    for _ in range(ATTEMPTS):
        holding = Path(tempfile.mkdtemp(prefix=f"{HOLDING}{os.getpid()}-", dir=settings.home))
        try:
            with frozen.connect() as connection, connection.begin():
                known = set(connection.scalars(_KNOWN))
                codes = {row.code: row.held for row in connection.execute(_FEEDS)}
                pointers = _hold(settings, holding, codes)
                named = {n for each in pointers.values() for n in each.values() if n is not None}
                if named <= known:
                    yield connection, pointers, holding
                    return
        except FileNotFoundError:  # retired between looking and linking
            continue
        finally:
            shutil.rmtree(holding, ignore_errors=True)
    raise Retryable("Feeds were switched too often to hold one moment. Try the backup again.")


def _hold(
    settings: Settings, holding: Path, codes: Mapping[str, int | None]
) -> dict[str, dict[str, int | None]]:
    """Link what pointers name, with all that it builds on, and held publications (by feed)."""
    pointers: dict[str, dict[str, int | None]] = {}
    for code, held in sorted(codes.items()):
        folder = feed_folder(settings, code)
        named = {name: folder.pointed(name) for name in (CURRENT, DELTA)}
        numbers = {n for number in (*named.values(), held) for n in folder.chain(number)}
        for number in numbers:
            _link_all(folder, number, holding / code / "publications" / str(number))
        pointers[code] = named
    return pointers


def _link_all(folder: FeedFolder, number: int, target: Path) -> None:
    """Link every file of a publication, fetching from the storage what is not here."""
    manifest = folder.manifest(number)
    if manifest is None:
        return
    target.mkdir(parents=True)
    for name in (*manifest["files"], LEDGER, ITEMS, REJECTED, MANIFEST):
        source = folder.file(number, name)
        # Items are kept for the last publications only; earlier releases noted no rejected ones.
        if name in (ITEMS, REJECTED) and not source.exists():
            continue
        try:
            os.link(source, target / name)
        except PermissionError:  # a file system without hard links
            shutil.copy2(source, target / name)


def _dump(connection: Connection, table: tables.Table, writer: Writer) -> int:
    """Write a table's rows in parts; return how many rows it has."""
    with tables.driver(connection).cursor() as cursor:
        with cursor.copy(table.copy_out()) as copy:
            part, number = _Part(), 0
            for block in copy:
                part.write(block)
                if part.size >= PART:
                    number += 1
                    part.store(writer, f"database/{table.name}.{number:06}.zst")
                    part = _Part()
            part.store(writer, f"database/{table.name}.{number + 1:06}.zst")
        return int(cursor.rowcount)


class _Part:
    """Compressed bytes on their way, in memory."""

    def __init__(self) -> None:
        self._buffer = pa.BufferOutputStream()
        self._stream = pa.CompressedOutputStream(self._buffer, "zstd")
        self._rows: list[bytes | bytearray | memoryview] = []

    @property
    def size(self) -> int:
        """Return how many compressed bytes there are."""
        return int(self._buffer.tell())

    def write(self, row: bytes | bytearray | memoryview) -> None:
        """Add a row; a thousand are compressed at once."""
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        self._stream.write(b"".join(self._rows))
        self._rows.clear()

    def store(self, writer: Writer, name: str) -> None:
        """Write the part as a member."""
        self._flush()
        self._stream.close()
        content = self._buffer.getvalue().to_pybytes()
        writer.write(name, io.BytesIO(content), len(content))


def _media(settings: Settings, writer: Writer) -> int:
    """Write all stored files; those that come meanwhile may be among them."""
    storage, count = Storage.from_settings(settings), 0
    for key, size in storage.listed():
        with storage.open(key) as file:
            writer.write(f"media/{key}", file, size)
        count += 1
    return count


def _manifest(connection: Connection) -> dict[str, Any]:
    moment = connection.execute(_MOMENT).one()
    return {
        "format": FORMAT,
        "polka": importlib.metadata.version("polka-pim"),
        "revision": migrate.current_revision(connection),
        "postgresql": moment.postgresql,
        "system": moment.system,
        "snapshot": moment.snapshot,
        "at": moment.at.isoformat(),
    }


def _forget_dead(settings: Settings) -> None:
    """Remove what a killed backup was holding."""
    for left in settings.home.glob(f"{HOLDING}*"):
        with suppress(ValueError):
            if not Path(f"/proc/{int(left.name.split('-')[1])}").exists():
                shutil.rmtree(left, ignore_errors=True)
