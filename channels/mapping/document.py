"""A feed's mapping as a document: read, with every problem at its JSON path."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from channels.steps.contract import Cell, Context, Step
from channels.steps.reading import Reader
from channels.steps.registry import load_steps
from channels.steps.sources import Source, compile_checked
from channels.steps.stages import Stages
from pim.domain.violations import Violation


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What reading a target has compiled already, to tell whether its steps fit together."""

    cell: Cell
    context: Context


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """What fills each target, in the order of the document.

    `begun` is what reading it has compiled, for the moment of the reading's context; `compiled`
    keeps what it was compiled to, by moment (None: whatever the moment).
    """

    targets: Table[str, Source] = field(default_factory=dict)
    begun: Table[str, Begun] = field(default_factory=dict, repr=False, compare=False)
    compiled: dict[datetime | None, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A mapping and what is wrong with it; with violations it lacks the faulty targets."""

    mapping: Mapping
    violations: tuple[Violation, ...]


def parse(
    document: Any,
    context: Context,
    *,
    steps: Table[str, type[Step]] | None = None,
    path: str = "mapping",
) -> Parsed:
    """Return the mapping of `{TARGET: {"from": ..., "steps": [...]}}`.

    A target may also be written as a field alone (`"title": "name"`) or as a constant
    (`"condition": {"value": "new"}`). Checked are names, parameters, and whether each step can
    take what reaches it.
    """
    reader = Reader(context=context, steps=load_steps() if steps is None else steps)
    if not isinstance(document, dict):
        reader.wrong_type(document, "a table of targets", path)
        return Parsed(mapping=Mapping(), violations=tuple(reader.violations))
    targets: dict[str, Source] = {}
    begun: dict[str, Begun] = {}
    for target, body in document.items():
        if read := _read(reader, target, body, f"{path}.{target}"):
            targets[target], begun[target] = read
    mapping = Mapping(targets=targets, begun=begun)
    return Parsed(mapping=mapping, violations=tuple(reader.violations))


def _read(reader: Reader, target: str, body: Any, path: str) -> tuple[Source, Begun] | None:
    before = len(reader.violations)
    source = reader.source(body, path)
    if len(reader.violations) != before:
        return None
    context = replace(reader.context, stages=Stages(target))
    cell = compile_checked(source, context, f"{path}.steps", reader.violations)
    return None if cell is None else (source, Begun(cell=cell, context=context))
