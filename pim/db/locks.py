"""Locks between processes on files: the kernel gives them back when a process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pim.errors import Retryable


class FileLock:
    """An advisory lock (flock) on a file that is created when absent and never removed.

    The file is opened for reading only, so that a lock left by root serves an ordinary user too.
    A forked child shares its parent's lock: it is free only when both have closed it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Say whether this object holds the lock, shared or exclusive."""
        return self._descriptor is not None

    def shared(self, *, timeout: float | None = None) -> Self:
        """Wait until the lock is held with other sharers; raise Retryable after `timeout` s."""
        return self._acquire(fcntl.LOCK_SH, timeout)

    def exclusive(self, *, timeout: float | None = None) -> Self:
        """Wait until the lock is held alone; raise Retryable after `timeout` s."""
        return self._acquire(fcntl.LOCK_EX, timeout)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        """Return the lock, which the caller has taken already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the lock."""
        self.release()

    def _acquire(self, mode: int, timeout: float | None) -> Self:
        descriptor = self._descriptor if self._descriptor is not None else _open(self.path)
        try:
            _lock(descriptor, mode, timeout, self.path)
        except BaseException:
            if descriptor != self._descriptor:
                os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self


def _open(path: Path) -> int:
    """Open the lock's file, for everybody who may enter its folder."""
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    with contextlib.suppress(PermissionError):
        os.fchmod(descriptor, 0o644)  # whatever the umask of the process that came first
    return descriptor


def _lock(descriptor: int, mode: int, timeout: float | None, path: Path) -> None:
    if timeout is None:
        fcntl.flock(descriptor, mode)
        return
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                message = f"Another process holds {path}; try again when it has finished."
                raise Retryable(message) from None
            time.sleep(0.02)
        else:
            return
