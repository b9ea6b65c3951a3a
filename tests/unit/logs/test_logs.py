from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from pim import logs
from pim.errors import Refused
from pim.logs import bind, bound, configure, settings_of
from pim.logs.secrets import Redactor
from pim.logs.setup import LogSettings


@pytest.fixture
def lines():
    """Configure JSON logs into memory and give back everything afterwards."""
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(
        LogSettings(format="json", level="info"),
        secrets=["postgresql://polka:p%40ss-word@db/polka", "signing-key-1"],
        stream=stream,
    )
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    logs.reset()


def fail_and_log(words: str, log: logging.Logger) -> None:
    try:
        int(words)
    except ValueError:
        log.exception("Run failed")


def test_a_line_carries_what_is_bound_around_it_and_nothing_afterwards(lines):
    log = structlog.get_logger("pim.jobs")
    with bound(run=7, kind="publish", feed="shop", change_set=None):
        bind(change_set=12)
        log.info("run started", items=3)
    log.info("idle")

    first, second = lines()
    assert first["event"] == "run started"
    assert (first["run"], first["kind"], first["feed"], first["change_set"]) == (
        7, "publish", "shop", 12,
    )  # fmt: skip
    assert first["items"] == 3
    assert first["level"] == "info"
    assert first["timestamp"].endswith("Z")
    assert not {"run", "feed", "change_set"} & set(second)


def test_lines_of_libraries_go_through_the_same_chain(lines):
    with bound(run=7):
        logging.getLogger("gunicorn.error").warning("worker %s timed out", 12)
    (line,) = lines()
    assert (line["event"], line["run"], line["logger"], line["level"]) == (
        "worker 12 timed out", 7, "gunicorn.error", "warning",
    )  # fmt: skip


def test_an_error_has_its_traceback_once_in_its_own_line(lines):
    fail_and_log("one size is missing", logging.getLogger("pim"))
    (line,) = lines()
    assert line["exception"].count("Traceback") == 1
    assert line["exception"].endswith("'one size is missing'")


@pytest.mark.parametrize(
    "secret",
    [
        "connecting to postgresql://polka:hunter2@db.example/polka failed",
        "connecting to postgresql://polka:hun@ter2@db.example/polka failed",
        "password=hunter2",
        "{'password': 'hunter2', 'email': 'a@b.c'}",
        '{"client_secret": "hunter2"}',
        "PIM_METRICS_TOKEN=hunter2",
        "Authorization: Bearer hunter2hunter2",
        "hash $argon2id$v=19$m=65536$hunter2",
    ],
)
def test_secrets_are_known_by_their_shape(secret):
    assert "ter2" not in Redactor()(secret)
    assert "***" in Redactor()(secret)


def test_known_secrets_never_appear_however_they_are_spelled(lines):
    log = logging.getLogger("x")
    log.warning("key is signing-key-1")
    log.warning("it said p@ss-word")
    log.warning("and %s", "p%40ss-word", extra={"url": "postgresql://polka:p%40ss-word@db/polka"})
    fail_and_log("no route for p@ss-word", log)
    text = json.dumps(lines())
    assert "ss-word" not in text
    assert "signing-key-1" not in text
    assert text.count("***") >= 4


def test_ordinary_words_stay():
    said = "Row 42, column price-EUR: no token was given; see https://shop.example/a:b"
    assert Redactor(["", None])(said) == said


def test_services_log_json_and_commands_readable_lines(monkeypatch):
    monkeypatch.delenv("PIM_LOG_FORMAT", raising=False)
    monkeypatch.delenv("PIM_LOG_LEVEL", raising=False)
    assert settings_of(service=True) == LogSettings(format="json", level="info")
    assert settings_of(service=False) == LogSettings(format="console", level="warning")
    monkeypatch.setenv("PIM_LOG_FORMAT", "json")
    monkeypatch.setenv("PIM_LOG_LEVEL", "DEBUG")
    assert settings_of(service=False) == LogSettings(format="json", level="debug")


def test_an_unknown_format_is_refused_with_those_that_exist(monkeypatch):
    monkeypatch.setenv("PIM_LOG_FORMAT", "xml")
    with pytest.raises(Refused, match="PIM_LOG_FORMAT is 'xml': write one of json, console"):
        settings_of(service=True)


def test_the_console_shows_words_and_names():
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:]
    configure(LogSettings(format="console", level="warning"), stream=stream)
    try:
        logging.getLogger("pim").warning("Following failed", extra={"run": 3})
        logging.getLogger("pim").info("not shown")
    finally:
        root.handlers[:] = before
        logs.reset()
    assert "Following failed" in stream.getvalue()
    assert "run=3" in stream.getvalue()
    assert "not shown" not in stream.getvalue()
