"""Compare a row with what is stored: the merge patches that lead there and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Patch = dict[str, Any]


def changed_values(stored: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[Patch, Patch]:
    """Return (before, after) over the cells of `given` that differ from the stored values.

    A null clears its cell. Objects (prices, metrics) merge: a currency not given stays.
    """
    before: Patch = {}
    after: Patch = {}
    for attribute, channels in given.items():
        old_channels = stored.get(attribute, {})
        for channel, locales in channels.items():
            old_locales = old_channels.get(channel, {})
            for locale, data in locales.items():
                patch = changed_cell(old_locales.get(locale), data)
                if patch is not None:
                    before.setdefault(attribute, {}).setdefault(channel, {})[locale] = patch[0]
                    after.setdefault(attribute, {}).setdefault(channel, {})[locale] = patch[1]
    return before, after


def changed_cell(old: Any, data: Any) -> tuple[Any, Any] | None:
    """Return the merge patches of one cell back and there; None where nothing changes."""
    if old == data:
        return None
    was, now = _cell(old, data)
    return None if now == {} else (was, now)


def _cell(old: Any, data: Any) -> tuple[Any, Any]:
    """Return the patches of one cell, part by part where it is an object."""
    if isinstance(data, dict):
        parts = old if isinstance(old, dict) else {}
        changed = {part: new for part, new in data.items() if parts.get(part) != new}
        return {part: parts.get(part) for part in changed}, changed
    if isinstance(old, dict) and data is None:
        return old, dict.fromkeys(old)
    return old, data


def changed_members(stored: Iterable[int], wanted: Iterable[int]) -> tuple[Patch, Patch]:
    """Return (before, after) over the memberships {id: true} that come or go."""
    had, wants = set(stored), set(wanted)
    before = {str(i): None if i in wants else True for i in sorted(had ^ wants)}
    after = {str(i): True if i in wants else None for i in sorted(had ^ wants)}
    return before, after
