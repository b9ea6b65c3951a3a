"""What a child process may be told to do by the tests of the sandbox."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pim.errors import Refused

Frames = Iterator[tuple[bytes, bytes]]


def count(request: Mapping[str, Any]) -> Frames:
    """Yield a number per frame."""
    for number in range(request["to"]):
        yield b"N", str(number).encode()


def environment(request: Mapping[str, Any]) -> Frames:
    """Yield what is inherited: variables, and open files beyond the three standard ones."""
    yield b"V", ",".join(sorted(os.environ)).encode()
    opened = [n for n in range(3, 64) if Path(f"/proc/self/fd/{n}").exists()]
    yield b"F", str(len(opened)).encode()


def abort(request: Mapping[str, Any]) -> Frames:
    """Yield one frame and die as a failed allocation of a native library does."""
    yield b"N", b"0"
    os.kill(os.getpid(), signal.SIGABRT)


def hoard(request: Mapping[str, Any]) -> Frames:
    """Ask for more memory than anybody has."""
    yield b"N", str(len(bytearray(1 << 40))).encode()


def spin(request: Mapping[str, Any]) -> Frames:
    """Use the processor for ever."""
    while "spin" not in request:
        pass
    yield b"N", b"0"


def sleep(request: Mapping[str, Any]) -> Frames:
    """Do nothing for a long time."""
    time.sleep(60)
    yield b"N", b"0"


def refuse(request: Mapping[str, Any]) -> Frames:
    """Refuse in words."""
    if "refuse" not in request:
        raise Refused("the words of the child.")
    yield b"N", b"0"


def fail(request: Mapping[str, Any]) -> Frames:
    """Fail as a parser does on a damaged file."""
    yield b"N", str(int("not a number")).encode()
