"""The demo's feeds as documents, one file each in `data/feeds`."""

from __future__ import annotations

import json
from typing import Any

from pim.demo.source import DATA


def feed_documents() -> list[dict[str, Any]]:
    """Return the documents of all feeds, in the order of their codes."""
    return [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((DATA / "feeds").glob("*.json"))
    ]
