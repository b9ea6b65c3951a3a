"""Small disks that can be filled and freed: a tmpfs of their own, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024


@dataclass(frozen=True)
class Disk:
    """A mounted disk."""

    place: Path

    def fill(self, *, leave: int) -> None:
        """Take all of its room but some bytes."""
        room = os.statvfs(self.place)
        size = room.f_bavail * room.f_frsize - leave
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.place / "ballast"


def may_mount() -> bool:
    """Tell whether this process may mount disks."""
    return (
        os.geteuid() == 0 and subprocess.run(["mountpoint", "-q", "/"], check=False).returncode == 0
    )


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[Disk]:
    """Mount a small disk at a folder, and unmount it at the end."""
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "polka-test", str(place)], check=True)
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
