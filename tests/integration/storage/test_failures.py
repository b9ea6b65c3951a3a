"""A storage that fails: a sentence that says what to mend, and an error that can be tried again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pim.errors import PimError, Retryable
from pim.settings import Settings
from pim.storage import Bucket, bucket_of
from tests.objects import Objects

REFUSAL = b"""<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>"""


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Give the address of a server that answers everything alike; with None it never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        held = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer is not None:
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for each in held:
            each.close()
        thread.join()


def test_an_unreachable_storage_is_named(objects: Objects) -> None:
    away = Bucket("s3://shop/x", endpoint="http://127.0.0.1:1", timeout=2)

    with pytest.raises(Retryable, match=r"did not serve s3://shop/x/current: check that it runs"):
        away.read("current")


def test_a_refused_key_is_told_from_an_outage(objects: Objects) -> None:
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(REFUSAL)}\r\nConnection: close\r\n\r\n"
    with answering(head.encode() + REFUSAL) as endpoint:
        closed = Bucket("s3://shop/x", endpoint=endpoint, timeout=2)

        with pytest.raises(Retryable, match=r"refuses s3://shop/x/current: check the access key"):
            closed.read("current")


def test_a_silent_storage_is_not_waited_for_without_end(objects: Objects) -> None:
    with answering(None) as endpoint:
        silent = Bucket("s3://shop/x", endpoint=endpoint, timeout=0.5)
        began = time.monotonic()

        with pytest.raises(Retryable, match="did not serve"):
            silent.read("current")

        assert time.monotonic() - began < 10


def test_a_missing_bucket_is_no_empty_one(objects: Objects, tmp_path: Path) -> None:
    nowhere = Bucket("s3://polka-nowhere/x", endpoint=objects.endpoint)

    with pytest.raises(Retryable, match="names a bucket that does not exist: create it"):
        nowhere.read("current")


def test_a_failed_fetch_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    away = Bucket("s3://shop/x", endpoint="http://127.0.0.1:1", timeout=1)

    with pytest.raises(Retryable):
        away.fetch("big", tmp_path / "big")

    assert list(tmp_path.iterdir()) == []


def test_a_url_that_is_neither_a_folder_nor_s3_is_refused(tmp_path: Path) -> None:
    assert bucket_of(Settings(home=tmp_path)) is None
    assert bucket_of(Settings(home=tmp_path, storage_url="file:///media")) is None
    for url in ("sftp://there/x", "s3://", "somewhere"):
        with pytest.raises(PimError, match="PIM_STORAGE_URL is"):
            bucket_of(Settings(home=tmp_path, storage_url=url))


@pytest.mark.parametrize("given", ["soon", "0", "-3", "nan", "1e9"])
def test_a_time_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PIM_STORAGE_TIMEOUT", given)

    with pytest.raises(PimError, match=f"PIM_STORAGE_TIMEOUT is {given}: give seconds"):
        Settings.from_environment()


def test_s3_is_found_where_the_usual_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.example")
    assert Settings.from_environment().storage_endpoint == "https://all.example"

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    assert Settings.from_environment().storage_endpoint == "https://s3.example"
