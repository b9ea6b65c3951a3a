"""Pages of one machine over what another has published, imported and projected."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from PIL import Image

from pim.access.service import create_user
from pim.app import create_app
from pim.assets.storage import Storage
from pim.db.unit_of_work import unit_of_work
from pim.jobs.context import JobContext
from pim.jobs.tasks import carry_out
from tests.integration.machines.conftest import Machine

PASSWORD = "seven brown paper boxes"


@pytest.fixture
def browser(one: Machine, other: Machine) -> Iterator[FlaskClient]:
    """Return a browser in which somebody has signed in on the other machine."""
    with unit_of_work(one.engine) as work:
        create_user(
            work, email="a@example.com", password=PASSWORD, role="administrator", name="Ada"
        )
    app = create_app(other.settings, other.settings.database_url)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": "a@example.com", "password": PASSWORD})
    assert answer.status_code == 303
    yield client
    parts = app.extensions["polka"]
    parts.projection.close()
    parts.engine.dispose()


def test_what_one_machine_published_is_downloaded_from_the_other(one, browser):
    first = one.publish()
    one.load({"products.csv": "sku;stock\nlaces;4\n"})
    second = one.publish()

    file = browser.get(f"/feeds/shop/publications/{second.id}/products.csv", buffered=True)
    page = browser.get("/feeds/shop/differences", buffered=True)

    assert file.get_data(as_text=True) == one.text()
    assert "laces" in page.get_data(as_text=True)
    assert str(first.id) in page.get_data(as_text=True)


def test_a_product_page_shows_feeds_and_pictures_of_the_other_machine(one, browser, tmp_path):
    one.publish()
    picture = tmp_path / "derby.png"
    Image.new("RGB", (64, 64), "darkred").save(picture)
    key = Storage.from_settings(one.settings).put(picture)

    shown = browser.get(f"/media/64/{key}", buffered=True)
    listed = browser.get("/products?q=laces", buffered=True).get_data(as_text=True)

    assert shown.status_code == 200
    assert shown.mimetype == "image/webp"
    assert "laces" in listed


def test_a_file_uploaded_to_one_machine_is_confirmed_and_imported_on_the_other(one, other, browser):
    sheet = io.BytesIO(b"sku;stock\nlaces;31\n")
    sent = browser.post("/imports", data={"file": (sheet, "stock.csv")}, buffered=True)
    number = int(re.findall(r"/runs/(\d+)", sent.location)[0])
    other.hide()
    work_off(one, "import", number)
    confirmed = browser.post(f"/imports/{number}/confirm", buffered=True)
    assert confirmed.status_code == 303, confirmed.get_data(as_text=True)
    work_off(one, "import", int(re.findall(r"/runs/(\d+)", confirmed.location)[0]))

    one.projection.refresh()

    assert one.stock()["laces"] == 31


def test_a_storage_that_does_not_answer_is_told_on_the_page(one, other):
    one.publish()
    with unit_of_work(one.engine) as work:
        create_user(work, email="b@example.com", password=PASSWORD, role="administrator", name="Bo")
    settings = replace(other.settings, storage_endpoint="http://127.0.0.1:1", storage_timeout=0.5)
    app = create_app(settings, settings.database_url)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    client.post("/sign-in", data={"email": "b@example.com", "password": PASSWORD})

    answer = client.get("/feeds/shop", buffered=True)

    assert answer.status_code == 503
    assert "did not serve" in answer.get_data(as_text=True)
    app.extensions["polka"].engine.dispose()


def work_off(machine: Machine, task: str, run: int) -> None:
    """Carry out a queued run as a worker of the machine would."""
    context = JobContext(machine.settings, machine.settings.database_url or "")
    try:
        carry_out(context, task, run)
    finally:
        context.projection.close()
        context.engine.dispose()
