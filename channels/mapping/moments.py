"""Whether a mapping gives another result tomorrow, for the same products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from channels.mapping.document import Mapping
from channels.steps.contract import Step
from channels.steps.sources import Source, When
from pim.domain import dates
from pim.domain.conditions import Node, leaves

#: Steps from elsewhere may look at the moment of the publication in ways nobody knows here.
_OWN = "channels.steps."


def depends_on_time(mapping: Mapping) -> bool:
    """Tell whether a mapping looks at the moment of the publication, as far as can be told."""
    return any(_looks_at_time(step) for s in mapping.targets.values() for step in steps_of(s))


def asks_for_time(node: Node) -> bool:
    """Tell whether a condition compares with a moment such as `now` or `-10 days`."""
    return any(_relative(leaf.value) for leaf in leaves(node))


def steps_of(source: Source) -> Iterator[Step]:
    """Yield the steps of a source, and those of the sources among their parameters."""
    for step in source.steps:
        yield step
        for value in _parameters(step):
            if isinstance(value, Source):
                yield from steps_of(value)


def _looks_at_time(step: Step) -> bool:
    if not type(step).__module__.startswith(_OWN):
        return True
    asked = (each.node for each in _parameters(step) if isinstance(each, When))
    return step.follows_time or any(map(asks_for_time, asked))


def _parameters(step: Step) -> Iterator[Any]:
    for value in vars(step).values():
        yield from value if isinstance(value, tuple) else (value,)


def _relative(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_relative, value))
    return isinstance(value, str) and dates.is_relative(value)
