"""Find the installed steps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from channels.steps.contract import Step

ENTRY_POINT_GROUP = "pim.steps"


@cache
def load_steps() -> Mapping[str, type[Step]]:
    """Return every installed step by name, the built-in ones and others alike."""
    found = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda each: each.name)
    return {each.name: each.load() for each in found}
