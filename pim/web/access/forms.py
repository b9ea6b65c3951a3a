"""The addresses that a sign-in may lead to."""

from __future__ import annotations

from urllib.parse import urlsplit


def inside(target: str | None, *, otherwise: str) -> str:
    """Return a target within this site, else the other: a link must not lead strangers away.

    Backslashes and control characters are refused too, because browsers read them as slashes or
    leave them out.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(character) < 32 for character in target):
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target
