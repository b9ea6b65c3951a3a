"""What is noted of every request: an id, who, which route, the status, the time it took."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import Flask, Response, g, request
from structlog import contextvars
from werkzeug.wsgi import ClosingIterator

from pim.web import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger("pim.requests")

HEADER: Final = "X-Request-ID"
#: What others may call a request: nothing that could break a line or a header.
_WELL_FORMED: Final = re.compile(r"[\w.:/+=@-]{1,128}")
#: Asked for all the time, by machines.
_DULL: Final = frozenset(
    {"static", "operations.health", "operations.ready", "operations.show_metrics"}
)

_ROUTE: Final = "polka.route"
_ENDPOINT: Final = "polka.endpoint"
_PERSON: Final = "polka.person"


def register(app: Flask) -> None:
    """Note every request of an application, also those that fail."""

    @app.after_request
    def _remember(response: Response) -> Response:
        request.environ[_ROUTE] = str(request.url_rule) if request.url_rule else None
        request.environ[_ENDPOINT] = request.endpoint
        person = g.get("person")
        request.environ[_PERSON] = person.id if person else None
        return response

    app.wsgi_app = Telemetry(app.wsgi_app)  # type: ignore[method-assign]


class Telemetry:
    """A WSGI layer that gives each request its id, one line in the log, and its place in metrics.

    The id comes from X-Request-ID when that is well formed, and is returned in the same header.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; it is noted when its answer was sent."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(request=name)
        began = time.perf_counter()
        status = "500"

        def start(given: str, headers: list[tuple[str, str]], *more: Any) -> Callable[..., Any]:
            nonlocal status
            status = given[:3]
            return start_response(given, [*headers, (HEADER, name)], *more)

        def done() -> None:
            _note(environ, status, time.perf_counter() - began)

        try:
            return ClosingIterator(self._application(environ, start), done)
        except BaseException:
            done()
            raise


def _note(environ: WSGIEnvironment, status: str, seconds: float) -> None:
    method, route = environ.get("REQUEST_METHOD", ""), environ.get(_ROUTE)
    metrics.observe_request(method=method, route=route or "(none)", status=status, seconds=seconds)
    write = log.debug if environ.get(_ENDPOINT) in _DULL else log.info
    names: dict[str, Any] = {
        "method": method,
        "route": route,
        "status": int(status),
        "milliseconds": round(seconds * 1000, 1),
    }
    if (person := environ.get(_PERSON)) is not None:
        names["user"] = person
    if route is None or int(status) >= 400:
        names["path"] = environ.get("PATH_INFO", "")
    write("request", **names)
    contextvars.clear_contextvars()
