"""Mappings read once for all feeds that have the same one in the same context.

Shops of one language differ in their format, their name and their schedule, and rarely in what
they show; reading and compiling a mapping is half of a small delta in a new process.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson

from channels.mapping.document import Parsed, parse
from channels.steps.categories import remembered
from channels.steps.contract import Context

#: What differs from feed to feed and says nothing, or is told by the others.
_APART = frozenset({"structure", "fields", "stages", "as_of", "channel"})


def parse_once(document: Any, context: Context) -> Parsed:
    """Return the mapping of a document, the same object for the same document and context."""
    told = {f.name: getattr(context, f.name) for f in fields(context) if f.name not in _APART}
    key = "mapping", orjson.dumps([document, context.channel.code, told])
    return remembered(context.structure, key, lambda: parse(document, context))
