"""On the first day nothing is there yet: every page answers, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests import postgres
from tests.site import open_site


@pytest.fixture(scope="module")
def newcomer(server: postgres.Server) -> Iterator[FlaskClient]:
    """Return a browser on an installation without a catalogue."""
    with open_site(server, empty=True) as opened:
        yield opened.client()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/", "There is no product yet"),
        ("/products", "There are no products yet"),
        ("/products?level=models", "yet. Import a CSV or XLSX file"),
        ("/products?q=boot", "Nothing matches all of these conditions"),
        ("/feeds", "There is none yet: apply a feed"),
        ("/imports", "CSV"),
        ("/runs", "has run yet"),
        ("/account", "administrator@example.com"),
    ],
)
def test_an_empty_page_teaches(newcomer: FlaskClient, path: str, says: str) -> None:
    answer = newcomer.get(path)

    assert answer.status_code == 200
    assert says in answer.get_data(as_text=True)
