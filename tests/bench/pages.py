"""Pages as a signed-in person asks for them, server side: from the request to the last byte."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from flask.testing import FlaskClient

from pim.access.service import create_user
from pim.app import create_app
from pim.db.unit_of_work import unit_of_work
from tests.bench.lists import percentiles
from tests.bench.place import Place
from tests.bench.rows import Measured
from tests.bench.step import Step, within

EACH: Final = 6
PASSWORD: Final = "twelve pairs of brown shoes"

_LISTS: Final = {
    "overview": "/",
    "catalogue": "/products",
    "catalogue, searched": "/products?q=boot+12",
    "catalogue, filtered": "/products?f=stock_quantity:<:10&sort=label",
    "catalogue, a page far behind": "/products?sort=label&page=50",
    "styles": "/products?level=models",
    "feeds": "/feeds",
    "imports": "/imports",
    "runs": "/runs",
}


def _invite(place: Place) -> None:
    """Create somebody who may see everything."""
    with place.engine() as engine, unit_of_work(engine) as work:
        name = f"bench{time.time_ns()}@example.com"
        create_user(work, email=name, role="administrator", password=PASSWORD)
    place.remember("person", name)


def _look(place: Place) -> Measured:
    """Ask for every page several times; `seconds` is the slowest page's 95th percentile."""
    app = create_app(place.settings)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    data = {"email": place.recall("person"), "password": PASSWORD}
    signed_in = client.post("/sign-in", data=data)
    if signed_in.status_code != 303:
        raise RuntimeError(f"Signing in was answered with {signed_in.status_code}")
    addresses = _addresses(place)
    for address in addresses.values():
        _asked(client, address)
    began = time.perf_counter()
    found = [
        (name, _asked(client, address)) for _ in range(EACH) for name, address in addresses.items()
    ]
    measured = percentiles(found, time.perf_counter() - began)
    slowest = max(measured.details.values(), key=lambda spread: spread["p95_ms"])
    return Measured(**{**measured.__dict__, "seconds": slowest["p95_ms"] / 1000})


def _addresses(place: Place) -> Mapping[str, str]:
    uuid = place.scalar("SELECT uuid FROM product ORDER BY id LIMIT 1")
    model = place.scalar("SELECT uuid FROM product_model ORDER BY id LIMIT 1")
    feed = place.scalar("SELECT code FROM feed ORDER BY id LIMIT 1")
    return {
        **_LISTS,
        "product": f"/products/{uuid}",
        "product's history": f"/products/{uuid}/history",
        "product in feeds": f"/products/{uuid}/feeds",
        "style": f"/product-models/{model}",
        "feed": f"/feeds/{feed}",
        "feed's quality": f"/feeds/{feed}/quality",
        "feed's differences": f"/feeds/{feed}/differences",
    }


def _asked(client: FlaskClient, address: str) -> float:
    began = time.perf_counter()
    with client.get(address, buffered=True) as answer:
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered with {answer.status_code}")
    return time.perf_counter() - began


STEPS: Final = {
    "pages: the slowest, p95": Step(
        prepare=_invite, measure=_look, budget=within(0.3, "any page < 300 ms")
    ),
}
