import io
import re

import pytest

from pim.app import create_app
from pim.errors import Conflict, NotFound, NotPermitted, Refused, Retryable
from pim.settings import Settings
from pim.web.errors import answer_to


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound, 404), (NotPermitted, 403), (Conflict, 409), (Refused, 422), (Retryable, 503)],
)
def test_one_table_says_how_an_error_is_answered(error, status):
    assert answer_to(error("no")).status == status


def test_every_answer_forbids_scripts_and_styles_that_are_not_ours(site, browser):
    for path in ("/", "/nowhere", "/health", "/static/css/tokens.css"):
        headers = browser.get(path).headers

        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_nonce_serves_one_answer(browser):
    policies = {browser.get("/").headers["Content-Security-Policy"] for _ in range(2)}

    assert len(policies) == 2


def test_no_page_has_inline_styles_or_handlers(site, browser):
    for path in ("/", "/products", "/feeds", "/runs", "/imports", "/account"):
        page = browser.get(path).get_data(as_text=True)

        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)


def test_an_unexpected_error_has_a_number_that_the_log_knows(site, browser, caplog, monkeypatch):
    def burst():
        raise ZeroDivisionError("secret detail")

    burst.rule = "home.view"
    monkeypatch.setitem(site.app.view_functions, "home.overview", burst)

    answer = browser.get("/")

    page = answer.get_data(as_text=True)
    number = re.search(r'number\s*<span class="code">([0-9a-f]{8})', page)
    assert answer.status_code == 500
    assert number
    assert number[1] in caplog.text
    assert "secret detail" not in page


def test_a_page_that_is_not_there_says_so_in_the_look(browser):
    answer = browser.get("/products/00000000-0000-4000-8000-000000000000")

    assert answer.status_code == 404
    assert "There is no product" in answer.get_data(as_text=True)


def test_an_upload_that_is_too_big_is_refused_before_it_is_read(site, browser, monkeypatch):
    monkeypatch.setitem(site.app.config, "MAX_CONTENT_LENGTH", 1000)

    answer = browser.post("/imports", data={"file": (io.BytesIO(b"x" * 2000), "a.csv")})

    assert answer.status_code == 413


def test_health_needs_nobody_and_readiness_needs_the_database(site):
    client = site.app.test_client()

    assert client.get("/health").json == {"status": "ok"}
    assert client.get("/ready").json["status"] == "ready"


def test_without_a_database_one_is_healthy_and_not_ready(home):
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"
    client = create_app(Settings(home=home, secret_key="x"), url).test_client()

    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 503


def test_the_key_is_made_once_and_nobody_else_may_read_it(home):
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    keys = {create_app(Settings(home=home), url).secret_key for _ in range(2)}

    assert len(keys) == 1
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_times_carry_the_zone_of_the_reader(site, browser):
    assert "UTC" in browser.get("/").get_data(as_text=True)

    browser.set_cookie("zone", "Asia/Tokyo")
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-DE,de;q=0.9"
    page = browser.get("/").get_data(as_text=True)

    assert "+0900" in page
    assert "2.102" in page


def test_a_zone_that_does_not_exist_is_utc(browser):
    browser.set_cookie("zone", "../../etc/passwd")

    assert browser.get("/").status_code == 200
