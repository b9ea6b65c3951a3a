"""Tell the machine's troubles in words: a database that is gone, a disk that is full.

Drivers and libraries each raise an error of their own for them; the edges (commands, pages,
workers) and the runs that note why they ended ask here what it means.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from pim.errors import DatabaseGone, DiskFull, PimError, Retryable
from pim.settings import Settings

#: SQLSTATEs, or their classes: connection lost, server shutting down, crashed or starting.
GONE: Final = ("08", "57P01", "57P02", "57P03")
DISK_FULL: Final = "53100"
#: Two transactions met: they could not be put in an order, or waited for each other.
MET: Final = ("40001", "40P01")

#: What keeps the end of a run from being noted when the database is gone.
LOST: Final = (DBAPIError, PendingRollbackError, Retryable)

#: A disk with less than this free cannot take a segment of PostgreSQL's log.
SCARCE: Final = 16 * 1024 * 1024

_FULL_ERRNOS: Final = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS: Final = ("No space left on device", "os error 28", "Disk quota exceeded")


def told(error: BaseException, settings: Settings | None = None) -> BaseException:
    """Return an error of ours for what we know the meaning of, else the error itself.

    `settings` let it name the disk.
    """
    if isinstance(error, PimError):
        return error
    for cause in _causes(error):
        known = _known(cause, settings)
        if known:
            for note in getattr(error, "__notes__", ()):
                known.add_note(note)
            return known
    return error


def words(error: BaseException, settings: Settings | None = None) -> str:
    """Return what stopped a run, as people read it."""
    known = told(error, settings)
    return str(known) if isinstance(known, PimError) else f"{type(known).__name__}: {known}"


def lost(error: BaseException) -> bool:
    """Tell whether the database was gone: then nothing is noted, for a run's lock tells it."""
    return isinstance(told(error), DatabaseGone)


def met(error: BaseException) -> bool:
    """Tell whether two transactions met, so that the same work succeeds when it is tried again."""
    return _sqlstate(error) in MET


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, the first cause first: the later ones follow from it."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    chain.reverse()
    yield from sorted(chain, key=_is_gone)  # a full disk may take the server with it


def _known(error: BaseException, settings: Settings | None) -> PimError | None:
    state = _sqlstate(error)
    if state == DISK_FULL:
        return _database_disk(error, settings)
    if _is_disk_full(error):
        return _full(getattr(error, "filename", None), settings)
    if _is_gone(error):
        return _gone(error, settings)
    if met(error):
        return Retryable("Two writers met in the database. The same work can be tried again.")
    return None


def _sqlstate(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL_ERRNOS:
        return True
    # Polars says it in words; in an error of the database they belong to the server.
    return not isinstance(error, (DBAPIError, psycopg.Error)) and any(
        word in str(error) for word in _FULL_WORDS
    )


def _is_gone(error: BaseException) -> bool:
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, PendingRollbackError) and "reconnect" in str(error):
        return True  # it goes on in a transaction whose connection is lost
    if not isinstance(origin, (psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    state = origin.sqlstate
    return state is None or state.startswith(GONE)


def _gone(error: BaseException, settings: Settings | None) -> PimError:
    """Return the trouble of a lost database; one without room could not go on."""
    cluster = _cluster(settings)
    if cluster and _free(cluster) < SCARCE:
        return _full(cluster, settings, owner="the database")
    return DatabaseGone(
        "The database does not answer: it was stopped, restarted or cannot be reached. "
        f"What was committed stays. ({_first_line(error)})"
    )


def _database_disk(error: BaseException, settings: Settings | None) -> PimError:
    cluster = _cluster(settings)
    if cluster:
        return _full(cluster, settings, owner="the database")
    return DiskFull(
        "The disk of the database server is full: free space there, then resume. "
        f"({_first_line(error)})"
    )


def _full(
    place: str | Path | None, settings: Settings | None, *, owner: str | None = None
) -> DiskFull:
    """Name the disk: that of the file, else the fullest of those that the settings use."""
    found = Path(place) if place else _fullest(settings)
    where = f"that holds {found}" if found else "that Polka writes to"
    whose = f" ({owner})" if owner else ""
    room = f" ({_free(found) // 2**20} MB free)" if found else ""
    return DiskFull(
        f"The disk {where}{whose} is full{room}. What was committed stays; free space there, "
        "then resume."
    )


def _fullest(settings: Settings | None) -> Path | None:
    if settings is None:
        return None
    folders = (settings.feeds, settings.projection, settings.runs, settings.storage, settings.home)
    places = [*(f for f in folders if f.exists()), Path(tempfile.gettempdir())]
    return min(places, key=_free)


def _cluster(settings: Settings | None) -> Path | None:
    """Return the folder of the embedded database, if the settings use it."""
    if settings is None:
        return None
    folder = settings.home / "postgres"
    return folder.resolve() if folder.exists() else None


def _free(place: Path) -> int:
    """Return the free bytes of a disk, of which the nearest existing folder may be asked."""
    for folder in (place, *place.parents):
        if folder.exists():
            return shutil.disk_usage(folder).free
    return 0


def _first_line(error: BaseException) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return next(iter(str(origin).strip().splitlines()), type(origin).__name__)
