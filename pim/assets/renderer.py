"""Pictures are decoded in a child process that may die: its death is an ordinary refusal.

One child stays warm per process and shrinks one picture after the other. It inherits no
environment and no open files; a new one takes its place when it dies, takes too long, or has done
its share.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import IO, Final

from importers.sandbox import HEADER, Bounds, write_frame
from pim.assets.pictures import ASKED, DRAWN, READY, REFUSED, WIDTH
from pim.errors import PimError, Refused, Retryable

BOOT: Final = (
    "import sys, json; r = json.loads(sys.stdin.buffer.readline()); sys.path[:] = r['paths']; "
    "from pim.assets.pictures import serve; serve(r)"
)
#: Of a child's whole life: 60 million pixels take 240 MB once decoded.
BOUNDS: Final = Bounds(memory=768 * 1024**2, seconds=120)
#: Pictures after which a child is replaced.
SHARE: Final = 500
#: Seconds for one picture, and for those before it.
PATIENCE: Final = 10.0
LARGEST_ANSWER: Final = 16 * 1024**2


class Renderer:
    """Shrinks pictures in a child process; threads may share one, and take turns."""

    def __init__(
        self, *, bounds: Bounds = BOUNDS, share: int = SHARE, patience: float = PATIENCE
    ) -> None:
        self._bounds, self._share, self._patience = bounds, share, patience
        self._turn = threading.Lock()
        self._child: _Child | None = None

    def render(self, content: bytes, width: int) -> bytes:
        """Return a picture no larger than `width` both ways, as WebP.

        Raises Refused for what is no picture, kills the decoder or takes it too long; Retryable
        when the pictures of others take all the time.
        """
        if not self._turn.acquire(timeout=self._patience):
            raise Retryable("Too many pictures are drawn at this moment. Try again.")
        try:
            return self._draw(content, width)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the child; the next picture starts another."""
        with self._turn:
            self._replace()

    def _draw(self, content: bytes, width: int) -> bytes:
        warm = self._child
        if warm is not None:
            with contextlib.suppress(_Died):  # of its age, perhaps: the picture gets a second try
                return self._ask(warm, content, width)
        try:
            return self._ask(self._fresh(), content, width)
        except _Died as death:
            raise Refused("The picture is damaged, or takes too much to decode.") from death

    def _fresh(self) -> _Child:
        self._child = _Child(self._bounds, self._patience)
        return self._child

    def _ask(self, child: _Child, content: bytes, width: int) -> bytes:
        try:
            kind, body = child.ask(width.to_bytes(WIDTH, "big") + content)
        except _Died:
            self._replace()
            raise
        if child.asked >= self._share:
            self._replace()
        if kind == REFUSED:
            raise Refused(body.decode("utf-8", "replace"))
        return body

    def _replace(self) -> None:
        if self._child:
            self._child.end()
        self._child = None


class _Died(Exception):
    """Say that a child has ended, or was ended because it took too long."""


class _Child:
    """One process that draws."""

    def __init__(self, bounds: Bounds, patience: float) -> None:
        self._patience = patience
        self.asked = 0
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self.end = weakref.finalize(self, _end, self._process)
        self._begin(json.dumps({"paths": sys.path, "bounds": bounds}).encode())

    def ask(self, body: bytes) -> tuple[bytes, bytes]:
        """Return the kind and the body of the answer; raises _Died."""
        self.asked += 1
        with self._hurried():
            write_frame(self._to, ASKED, body)
            kind, answer = _frame(self._from)
        if kind not in (DRAWN, REFUSED):
            raise _Died
        return kind, answer

    def _begin(self, boot: bytes) -> None:
        try:
            with self._hurried():
                self._to.write(boot + b"\n")
                self._to.flush()
                kind, _ = _frame(self._from)
        except _Died:
            kind = b""
        if kind != READY:
            self.end()
            raise PimError("The process that draws pictures does not start.")

    @contextlib.contextmanager
    def _hurried(self) -> Iterator[None]:
        """Kill the process if what is done meanwhile takes too long."""
        watch = threading.Timer(self._patience, self._process.kill)
        watch.daemon = True
        watch.start()
        try:
            yield
        except BrokenPipeError as error:
            raise _Died from error
        finally:
            watch.cancel()


def _frame(source: IO[bytes]) -> tuple[bytes, bytes]:
    head = source.read(HEADER)
    size = int.from_bytes(head[1:], "big")
    if len(head) < HEADER or size > LARGEST_ANSWER:
        raise _Died
    body = source.read(size)
    if len(body) < size:
        raise _Died
    return head[:1], body


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
