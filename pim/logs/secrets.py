"""Take secrets out of what is logged: known ones wherever they stand, others by their shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, unquote, urlsplit

HIDDEN: Final = "***"
#: Shorter ones would also hide ordinary words.
SHORTEST: Final = 4

_SHAPES: Final = (
    # The password of a URL. It may hold an @ itself, so the last one before the host counts.
    re.compile(r"(?P<kept>[a-z][a-z0-9+.\-]*://[^\s:/@\"']*:)[^\s\"'/]+(?=@)", re.IGNORECASE),
    # password=..., "token": "...", secret_key: ...
    re.compile(
        r"(?P<kept>[\w\-]*(?:password|passwd|token|secret|api[_\-]?key)[\w\-]*"
        r"\\?[\"']?\s*[=:]\s*\\?[\"']?)(?!\s)[^\s\"',;&})\\]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>\b(?:Bearer|Basic)\s+)[\w\-.~+/=]{8,}", re.IGNORECASE),
    re.compile(r"(?P<kept>)\$argon2[^\s\"']+"),
)


class Redactor:
    """Replaces secrets by ***; `known` are exact ones, URLs stand for their passwords."""

    def __init__(self, known: Iterable[str | None] = ()) -> None:
        spelled = {text for secret in known if secret for text in _spellings(secret)}
        self._known = sorted(spelled, key=len, reverse=True)

    def __call__(self, line: str) -> str:
        """Return a line without secrets."""
        for secret in self._known:
            line = line.replace(secret, HIDDEN)
        for shape in _SHAPES:
            line = shape.sub(lambda found: f"{found['kept']}{HIDDEN}", line)
        return line


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it is, as in JSON and as in a URL."""
    if "://" in secret:
        secret = unquote(urlsplit(secret).password or "")
    if len(secret) >= SHORTEST:
        yield from (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))
