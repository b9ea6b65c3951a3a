"""What monitors ask: does the process live, may it be sent requests, how does everything stand."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client.exposition import choose_encoder

from pim.operations import readiness
from pim.operations.figures import figures
from pim.web import metrics, state
from pim.web.rules import PUBLIC, allowed, without_database

pages = Blueprint("operations", __name__)

#: Headers by which a proxy tells for whom it asks: the machine next door is then not the asker.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@pages.get("/health")
@allowed(PUBLIC)
@without_database
def health() -> ResponseReturnValue:
    """Say that the process answers; nothing else is looked at."""
    return jsonify(status="ok")


@pages.get("/ready")
@allowed(PUBLIC)
@without_database
def ready() -> ResponseReturnValue:
    """Say whether requests can be served, and why not."""
    parts = state.parts()
    found = readiness.look(parts.engine, parts.settings)
    return jsonify(found.document()), 200 if found.ready else 503


@pages.get("/metrics")
@allowed(PUBLIC)
@without_database
def show_metrics() -> ResponseReturnValue:
    """Give all figures in Prometheus' format, to those who may have them."""
    parts = state.parts()
    refusal = _refusal(parts.settings.metrics_token)
    if refusal is not None:
        return refusal
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    body = encode(metrics.registry()) + encode(figures(parts.engine, parts.settings))
    return Response(body.replace(b"# EOF\n", b"") + _end(kind), content_type=kind)


def _end(kind: str) -> bytes:
    return b"# EOF\n" if "openmetrics" in kind else b""


def _refusal(token: str | None) -> Response | None:
    """Return why the asker gets nothing; only a token or this machine opens the door."""
    if token:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return Response("Send Authorization: Bearer <PIM_METRICS_TOKEN>.\n", 401, headers)
    if _is_this_machine():
        return None
    words = "Figures are given to this machine only; set PIM_METRICS_TOKEN to ask from elsewhere.\n"
    return Response(words, 403, content_type="text/plain")


def _is_this_machine() -> bool:
    """Tell whether a process of this machine asks for itself, not a proxy for somebody else."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
