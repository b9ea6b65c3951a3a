"""The session's key and the headers that every answer carries."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface

from pim.settings import Settings

POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
KEY_FILE: Final = "secret.key"


def secret_key(settings: Settings) -> str:
    """Return PIM_SECRET_KEY, or a key of the home's own that only its owner can read."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / KEY_FILE
    if not path.exists():
        _write_once(path)
    return path.read_text(encoding="ascii")


def _write_once(path: Path) -> None:
    """Create the key; of several processes that start together, one key counts for all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


class Sessions(SecureCookieSessionInterface):
    """Keep the session in a signed cookie; one that was given over https never leaves it."""

    def get_cookie_secure(self, _app: Flask) -> bool:
        """Return whether the request came over https: the server may be asked either way."""
        return request.is_secure


def register(app: Flask) -> None:
    """Give every request a nonce and every answer its headers, and keep sessions in cookies."""
    app.session_interface = Sessions()

    @app.before_request
    def _begin() -> None:
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def _finish(response: Response) -> Response:
        nonce = g.get("nonce", "")
        response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        return response
