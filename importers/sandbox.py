"""Untrusted files are parsed in a child process that may die: its death is an ordinary refusal.

The child gets a request on its standard input and answers in frames: a letter that says what it is,
a length, and that many bytes. It inherits no environment and no open files, and limits its own
memory and processor time before it imports the code that parses.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from pim.errors import Refused

BOOT = "import sys, json; r = json.loads(sys.stdin.readline()); sys.path[:] = r['paths']; "
BOOT += "from importers.sandbox import answer; answer(r)"
LARGEST_FRAME = 1024**3
END, REFUSED = b"E", b"X"
HEADER = 9
CLOCK_PER_PROCESSOR_SECOND = 10
MEMORY_SIGNS = ("MemoryError", "alloc", "map segment")
LAST_WORDS = 1024**2


class Bounds(NamedTuple):
    """What the child may use: bytes of address space and seconds on the processor."""

    memory: int
    seconds: int


Frames = Iterator[tuple[bytes, bytes]]


@contextmanager
def frames_from(
    target: str, request: Mapping[str, Any], *, name: str, bounds: Bounds
) -> Iterator[Frames]:
    """Run `module:function` of a parser in a child and yield its frames (kind, bytes).

    `name` is the file as people know it. Raises Refused when the child refuses, dies, or goes
    beyond its bounds. Only time spent waiting for the child counts against the clock.
    """
    boot = {"paths": sys.path, "target": target, "request": dict(request), "bounds": bounds}
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={},
            start_new_session=True,
        )
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(json.dumps(boot).encode() + b"\n")
                child.stdin.close()
            yield _frames(child, child.stdout, errors, name=name, bounds=bounds)
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


def _frames(
    child: subprocess.Popen[bytes], out: IO[bytes], errors: IO[bytes], *, name: str, bounds: Bounds
) -> Frames:
    patience = bounds.seconds * CLOCK_PER_PROCESSOR_SECOND
    reader = _Reader(out.fileno(), patience)
    while True:
        try:
            head = reader.read(HEADER)
            kind, size = head[:1], int.from_bytes(head[1:], "big")
            body = reader.read(size)
        except TimeoutError as error:
            raise Refused(f"{name}: reading it takes more than {patience} seconds.") from error
        except EOFError as error:
            raise Refused(_obituary(child, errors, name=name, bounds=bounds)) from error
        if kind == END:
            return
        if kind == REFUSED:
            raise Refused(f"{name}: {body.decode()}")
        yield kind, body


class _Reader:
    """Read exact numbers of bytes, waiting no longer than `patience` seconds altogether."""

    def __init__(self, descriptor: int, patience: float) -> None:
        self._descriptor = descriptor
        self._patience = patience

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes; raises EOFError or TimeoutError."""
        if size > LARGEST_FRAME:
            raise EOFError
        parts: list[bytes] = []
        while size:
            start = time.monotonic()
            ready, _, _ = select.select([self._descriptor], [], [], max(self._patience, 0))
            self._patience -= time.monotonic() - start
            if not ready:
                raise TimeoutError
            part = os.read(self._descriptor, min(size, 1024 * 1024))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _obituary(
    child: subprocess.Popen[bytes], errors: IO[bytes], *, name: str, bounds: Bounds
) -> str:
    """Say why the child died, as well as its exit status and last words tell."""
    status = child.wait(timeout=10)
    errors.seek(0)
    words = errors.read(LAST_WORDS).decode("utf-8", "replace")
    megabytes = bounds.memory // 1024**2
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"{name}: reading it takes more than {bounds.seconds} seconds of processor time."
    if status == -signal.SIGABRT or any(sign in words for sign in MEMORY_SIGNS):
        return f"{name}: reading it takes more than {megabytes} MB of memory."
    last = (words.strip().splitlines() or [f"exit status {status}"])[-1]
    return f"{name}: the file is damaged or not what its name says ({last[:200]})."


# What follows runs in the child.


def answer(boot: Mapping[str, Any]) -> None:
    """Limit this process, then run the target and write its frames to standard output."""
    limit(Bounds(*boot["bounds"]))
    out = sys.stdout.buffer
    try:
        for kind, body in _load(boot["target"])(boot["request"]):
            write_frame(out, kind, body)
        write_frame(out, END, b"")
    except Refused as refusal:
        write_frame(out, REFUSED, str(refusal).encode())
    except BrokenPipeError:
        os._exit(0)


def limit(bounds: Bounds) -> None:
    """Keep this process within bounds; it writes no core and no file of more than a megabyte."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LAST_WORDS, LAST_WORDS))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.seconds, bounds.seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))


def _load(target: str) -> Callable[[Mapping[str, Any]], Frames]:
    module, _, function = target.partition(":")
    loaded = __import__(module, fromlist=[function])
    found: Callable[[Mapping[str, Any]], Frames] = getattr(loaded, function)
    return found


def write_frame(out: IO[bytes], kind: bytes, body: bytes) -> None:
    """Write one frame at once."""
    out.write(kind + len(body).to_bytes(HEADER - 1, "big"))
    out.write(body)
    out.flush()
