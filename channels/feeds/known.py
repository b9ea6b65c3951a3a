"""Definitions of feeds, read once: as long as neither the document nor the structure changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import orjson

from channels.feeds.definition import Definition, parse_feed
from channels.models import Feed
from pim.domain.structure import Structure

#: Definitions kept per process.
KEPT = 200


class _Known(NamedTuple):
    structure: Structure
    definition: Definition


_known: OrderedDict[bytes, _Known] = OrderedDict()
_lock = threading.Lock()


def definition_of(feed: Feed, structure: Structure) -> Definition:
    """Return a feed's definition; raise Refused with every problem when it has become wrong.

    Reading and compiling a mapping takes longer than a small delta, so both are kept for the
    next publication by this process. The key is the whole document: a version that was rolled
    back may come again with other contents.
    """
    key = orjson.dumps(feed.document)
    with _lock:
        known = _known.get(key)
        if known is not None and known.structure is structure:
            _known.move_to_end(key)
            return known.definition
    definition = parse_feed(feed.document, structure)
    with _lock:
        _known[key] = _Known(structure, definition)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return definition
