from __future__ import annotations

import dataclasses
import io
import json
import logging
import re

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from pim import logs
from pim.db.engine import create_engine
from pim.logs.setup import LogSettings
from pim.operations import readiness
from pim.web import state


@pytest.fixture
def lines():
    """Collect the log as JSON."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(LogSettings(format="json", level="info"), stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    logs.reset()


@pytest.fixture
def token(site, monkeypatch):
    """Give the site a token for its figures."""
    parts = site.app.extensions[state.NAME]
    monkeypatch.setitem(
        site.app.extensions,
        state.NAME,
        dataclasses.replace(
            parts, settings=dataclasses.replace(parts.settings, metrics_token="let-me-in")
        ),
    )
    return "let-me-in"


def samples(text: str) -> dict[str, list]:
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def test_a_request_has_an_id_and_one_line(site, browser, lines):
    answer = browser.get("/runs", headers={"X-Request-ID": "edge-42"})

    assert answer.headers["X-Request-ID"] == "edge-42"
    (line,) = [each for each in lines() if each["logger"] == "pim.requests"]
    user = site.one("SELECT id FROM app_user WHERE role = 'administrator'")
    assert {name: line[name] for name in ("request", "method", "route", "status", "user")} == {
        "request": "edge-42", "method": "GET", "route": "/runs", "status": 200, "user": user,
    }  # fmt: skip
    assert 0 < line["milliseconds"] < 60_000


@pytest.mark.parametrize("given", ["two words", "x" * 200, 'a"b'])
def test_an_id_that_could_break_a_line_is_replaced(browser, given):
    answer = browser.get("/health", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_an_error_of_a_page_is_told_once_with_the_requests_id(site, browser, lines, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the shelf fell over")

    monkeypatch.setattr("pim.web.home.views.recent_runs", fail)
    answer = browser.get("/")

    assert answer.status_code == 500
    name = answer.headers["X-Request-ID"]
    told = [line for line in lines() if "the shelf fell over" in json.dumps(line)]
    assert len(told) == 1
    assert told[0]["request"] == name
    assert told[0]["exception"].count("Traceback") == 1
    assert [line["status"] for line in lines() if line["logger"] == "pim.requests"] == [500]


def test_health_needs_no_database(site, monkeypatch):
    dead = create_engine("postgresql+psycopg://nobody@/none?host=/nowhere")
    parts = site.app.extensions[state.NAME]
    monkeypatch.setitem(site.app.extensions, state.NAME, dataclasses.replace(parts, engine=dead))
    client = site.app.test_client()
    assert client.get("/health").get_json() == {"status": "ok"}
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.get_json()["reasons"] == {"database": "It does not answer: OperationalError."}
    figures = samples(client.get("/metrics").get_data(as_text=True))
    assert figures["polka_database_up"][0].value == 0
    assert "polka_disk_free_bytes" in figures


def test_ready_says_what_is_missing_beside_what_only_deserves_a_warning(site):
    answer = site.app.test_client().get("/ready")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ready"
    assert "worker" in answer.get_json()["warnings"]


def test_ready_refuses_a_database_of_another_version(engine, settings):
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    found = readiness.look(engine, settings)
    assert not found.ready
    assert "run pim db upgrade" in found.reasons["migrations"]
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer version" in readiness.look(engine, settings).reasons["migrations"]


def test_ready_tries_projection_and_storage(engine, settings):
    settings.projection.mkdir(parents=True)
    (settings.projection / "current").symlink_to("manifests/000000000001.json")
    settings.storage.write_text("a file where a folder should be")
    found = readiness.look(engine, settings)
    assert set(found.reasons) == {"projection", "storage"}
    assert "pim doctor" in found.reasons["projection"]
    assert found.document()["status"] == "not ready"


def test_figures_are_for_this_machine_only_unless_there_is_a_token(site):
    client = site.app.test_client()
    assert client.get("/metrics").status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", environ_overrides=elsewhere).status_code == 403
    proxied = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
    assert proxied.status_code == 403
    assert "PIM_METRICS_TOKEN" in proxied.get_data(as_text=True)


def test_a_token_opens_the_figures_and_closes_them_for_all_without(site, token):
    client = site.app.test_client()
    assert client.get("/metrics").status_code == 401
    wrong = {"Authorization": "Bearer let-me-on"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    right = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.7"}
    answer = client.get("/metrics", headers=right, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 200


def test_figures_tell_how_everything_stands(site, browser):
    browser.get("/runs")
    text = browser.get("/metrics").get_data(as_text=True)
    figures = samples(text)
    by_feed = {s.labels["feed"]: s.value for s in figures["polka_feed_publication_age_seconds"]}
    assert len(by_feed) == 2
    assert figures["polka_database_up"][0].value == 1
    assert figures["polka_database_bytes"][0].value > 1_000_000
    requests = [s for s in figures["polka_http_requests"] if s.labels.get("route") == "/runs"]
    assert sum(s.value for s in requests if s.name.endswith("_total")) >= 1
    imports = [s for s in figures["polka_run_duration_seconds"] if s.labels["kind"] == "import"]
    buckets = [s.value for s in imports if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(s.value for s in imports if s.name.endswith("_count"))
    lag = figures.get("polka_projection_lag_changes")
    assert lag is None or lag[0].value >= 0


def test_figures_come_in_open_metrics_too(site):
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = site.app.test_client().get("/metrics", headers=accept)
    text = answer.get_data(as_text=True)
    assert answer.content_type.startswith("application/openmetrics-text")
    assert text.count("# EOF") == 1
    assert text.endswith("# EOF\n")
