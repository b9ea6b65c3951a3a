"""One site per worker for the tests of pages; each test signs in anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests import postgres
from tests.site import Site, open_site


@pytest.fixture(scope="session")
def site(server: postgres.Server) -> Iterator[Site]:
    """Return the demo catalogue behind an application."""
    with open_site(server) as opened:
        yield opened


@pytest.fixture
def browser(site: Site) -> FlaskClient:
    """Return a browser in which an administrator has signed in."""
    return site.client()
