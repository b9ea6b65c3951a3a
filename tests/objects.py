"""An S3 server on loopback for tests: moto's, or the one that PIM_TEST_S3_URL names.

moto speaks S3 as a server process does, with parts, listings and conditional writes, but keeps
everything in its memory and checks no signature: what it cannot prove, another server can.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.config import Config

NAMED: Final = "PIM_TEST_S3_URL"
#: What moto takes for a key; another server gets its own from the environment.
KEYS: Final = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests-only"}
PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Objects:
    """A running server."""

    endpoint: str

    def bucket(self) -> str:
        """Make a bucket of the test's own and return its URL."""
        name = f"polka-{uuid.uuid4().hex[:12]}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )
        client.create_bucket(Bucket=name)
        client.close()
        return f"s3://{name}"


@contextmanager
def serving() -> Iterator[Objects]:
    """Run a server; keys for it are in the environment meanwhile."""
    if named := os.environ.get(NAMED):
        yield Objects(named)
        return
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    port = _free_port()
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, port)
        yield Objects(f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            raise RuntimeError(f"The S3 server ended with {server.returncode} before it answered.")
        time.sleep(0.1)
    raise RuntimeError("The S3 server does not answer.")
