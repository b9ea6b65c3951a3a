"""A real server and a real browser; without Chromium these tests are skipped, visibly."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from tests import postgres
from tests.site import PASSWORD, Site, email, open_site

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WHERE = "tests/browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if WHERE in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a running Chromium."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("There is no Chromium here: install the package 'chromium'.")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(server: postgres.Server) -> Iterator[Site]:
    """Return the demo catalogue behind an application with every protection on."""
    with open_site(server) as opened:
        client = opened.client()
        for feed in ("google_de_de", "google_en_gb"):
            answer = client.post(f"/feeds/{feed}/publish")
            if answer.status_code == 303:
                opened.work_off(int(answer.location.rsplit("/", 1)[1]))
        opened.app.config["WTF_CSRF_ENABLED"] = True
        yield opened


@pytest.fixture(scope="session")
def address(site: Site) -> Iterator[str]:
    """Return the address of a server that serves the site."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what the browser's console complained about; it must stay empty."""
    return []


@pytest.fixture
def open_page(
    chromium: Browser, address: str, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Return a function that signs in and gives a page."""
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def opened(*, scheme: str = "light", width: int = 1440, role: str = "administrator") -> Page:
        context = chromium.new_context(
            base_url=address,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            locale="en-GB",
            timezone_id="Europe/London",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-in")
        page.fill("#email", email(role))
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{address}/")
        return page

    yield opened
    for context in contexts:
        context.close()
