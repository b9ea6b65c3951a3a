"""Processes of pages share the cores, unless the environment says otherwise."""

from __future__ import annotations

import os

import pytest

from channels.publication.together import cores
from pim.web.server import _gunicorn, polars_threads


def test_processes_of_pages_share_the_cores(monkeypatch):
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    assert polars_threads(1) == str(cores())
    assert polars_threads(10_000) == "1"
    assert "POLARS_MAX_THREADS" not in os.environ


@pytest.mark.parametrize("threads", ["3", "16"])
def test_the_environment_decides_how_many_threads_pages_get(monkeypatch, threads):
    monkeypatch.setenv("POLARS_MAX_THREADS", threads)
    assert f"--env=POLARS_MAX_THREADS={threads}" in _gunicorn("127.0.0.1", 8000, 2)
