"""Web processes under fire: polled, uploaded to, and killed again and again."""

from __future__ import annotations

import contextlib
import http.client
import random
import signal
import socket
import subprocess
import time
from collections import Counter
from typing import ClassVar

import psutil

from tests.torture.place import Place, end
from tests.torture.watching import Watcher

#: Half of an upload: the rest never comes.
HALF = (
    b"POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    b'Content-Disposition: form-data; name="file"; filename="products.csv"\r\n\r\nsku,family\r\n'
)
#: What pages may say while things die: fine, sign in, try again.
ALLOWED = frozenset({200, 302, 303, 503})


class Pages(Watcher):
    """`pim serve` in the home; each look polls it, and now and then one of its processes dies."""

    REST: ClassVar[float] = 0.0

    def __init__(self, place: Place, *, seed: int, every: float, most: int) -> None:
        super().__init__(0.3)
        self._place, self._every, self._most = place, every, most
        self._chance = random.Random(seed)
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._next = 0.0
        self.kills = 0
        self.answers: Counter[int] = Counter()

    def look(self) -> None:
        """Start the server if it is down, ask it something, and perhaps kill it."""
        if self._server is None or self._server.poll() is not None:
            self._server = self._place.spawn("serve", "--port", str(self.port))
            self._next = 0.0
        status = self._ask("/sign-in")
        if status is None:
            return
        assert status in ALLOWED, f"The pages answered {status}"
        self.answers[status] += 1
        if not self._next:  # it has just come up
            self._next = time.monotonic() + self._every * self._chance.uniform(0.3, 1.5)
        if time.monotonic() > self._next and self.kills < self._most:
            self._kill()

    def close(self) -> None:
        """See that the pages come back by themselves, killed at least once, then stop them."""
        deadline = time.monotonic() + 60
        while not self._serves() or not self.kills:
            if self._serves():
                self._kill()
            if time.monotonic() > deadline:
                self.wrong.append("The pages did not come back.")
                break
            if self._server is None or self._server.poll() is not None:
                self._server = self._place.spawn("serve", "--port", str(self.port))
            time.sleep(0.2)
        if self._server is not None:
            end(self._server)

    def _serves(self) -> bool:
        """Tell whether the server lives, and is not about to die, and answers."""
        lives = self._server is not None and self._server.poll() is None
        return lives and self._ask("/sign-in") == 200

    def _kill(self) -> None:
        """Kill the process that serves, its master, or the parent of all, amid an upload."""
        assert self._server is not None
        with (
            contextlib.suppress(OSError, psutil.Error),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as upload,
        ):
            upload.sendall(HALF)
            family = psutil.Process(self._server.pid)
            victim = self._chance.choice([family, *family.children(recursive=True)])
            victim.send_signal(signal.SIGKILL)
            self.kills += 1
        self._next = 0.0

    def _ask(self, address: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", address)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
