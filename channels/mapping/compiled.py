"""A mapping compiled for one feed: frames of the projection in, frames of channel items out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from channels.mapping.document import Begun, Mapping
from channels.mapping.moments import steps_of
from channels.mapping.targets import UNMAPPED, Target, mapped
from channels.steps.contract import DECIMAL, Context, FieldRef
from channels.steps.past_price import PastPrice
from channels.steps.render import rendered
from channels.steps.sources import Source
from channels.steps.stages import Stages
from pim.domain.values import Cell as ValueCell
from pim.errors import NotFound
from pim.projection.columns import find


@dataclass(frozen=True, kw_only=True)
class CompiledMapping:
    """Expressions for every target; make it with `compile_mapping`."""

    mapping: Mapping
    context: Context
    compiled: tuple[Target, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the targets in order."""
        return tuple(each.name for each in self.compiled)

    @cached_property
    def columns(self) -> frozenset[str]:
        """Return the columns of the projection that the mapping reads."""
        reads = {name for each in self.compiled for name in each.reads}
        needs = {name for each in self.derived for name in each.needs}
        return frozenset(reads - {each.column for each in self.derived} | needs)

    @cached_property
    def derived(self) -> tuple[PastPrice, ...]:
        """Return the prices gone by that the mapping reads (`channels.past_prices`)."""
        asked = {name: e for each in self.compiled for name, e in each.stages.derived.items()}
        return tuple(asked.values())

    @property
    def groups(self) -> frozenset[str]:
        """Return the groups that must be whole in a frame: of root, colourway, parent."""
        return frozenset(each for s in self.mapping.targets.values() for each in _groups(s))

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the targets of every row of a frame, in order: String or List(String).

        Empty text and empty lists are null. Columns that the frame lacks are read as null.
        Targets with a lookup that reports what it lacks have a column `UNMAPPED + target` more,
        behind all targets.
        """
        columns = mapped(self.compiled, self._completed(frame))
        lacking = [UNMAPPED + name for name in self.targets if UNMAPPED + name in columns]
        return pl.DataFrame([columns[name] for name in (*self.targets, *lacking)])

    def _completed(self, frame: pl.DataFrame) -> pl.DataFrame:
        missing = [
            pl.lit(None, dtype=_dtype(self.context, name)).alias(name)
            for name in sorted(self.columns - set(frame.columns))
        ]
        unknown = [each.column for each in self.derived if each.column not in frame.columns]
        missing += [pl.lit(None, dtype=DECIMAL).alias(name) for name in unknown]
        return frame.with_columns(missing) if missing else frame

    def trace(self, target: str, frame: pl.DataFrame, *, row: int = 0) -> list[dict[str, Any]]:
        """Return how a row's value comes about: [{type, input, output}], the source first.

        The frame holds the row and, for an aggregate, the rest of its group.
        """
        if target not in self.mapping.targets:
            raise NotFound(f'The mapping has no target "{target}".')
        source = self.mapping.targets[target]
        stages = Stages()
        context = replace(self.context, stages=stages)
        cells = [rendered(cell, context) for cell in source.stages(context)]
        steps = [
            Target(name=str(number), cell=cell, stages=stages) for number, cell in enumerate(cells)
        ]
        values = replace(self, compiled=tuple(steps)).apply(frame).row(row)
        return list(_told(source, values))


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The stored value that a target begins with; `fallback` if the preferred cell was empty."""

    field: str
    column: str
    cell: ValueCell | None
    fallback: bool


def origin(
    compiled: CompiledMapping, target: str, frame: pl.DataFrame, *, row: int = 0
) -> Origin | None:
    """Return where a row's value comes from: the first cell of the source that is not empty."""
    for ref in _references(compiled.mapping.targets[target]):
        for number, (column, cell) in enumerate(compiled.context.fields.addresses(ref)):
            if column in frame.columns and frame.item(row, column) is not None:
                return Origin(field=ref.field, column=column, cell=cell, fallback=number > 0)
    return None


def _references(source: Source) -> Iterator[FieldRef]:
    for ref in source.fields:
        yield source.steps[0].rereads(ref) if source.steps else ref


def compile_mapping(mapping: Mapping, context: Context) -> CompiledMapping:
    """Return a mapping ready to be applied to frames of the projection."""
    compiled = tuple(
        _compiled(target, source, _begin(target, source, context))
        for target, source in mapping.targets.items()
    )
    return CompiledMapping(mapping=mapping, context=context, compiled=compiled)


def finish_mapping(mapping: Mapping, context: Context) -> CompiledMapping:
    """Return the same from what reading it has compiled already.

    Only of a mapping that looks at no moment, in the context that it was read in.
    """
    compiled = tuple(
        _compiled(target, source, mapping.begun[target])
        for target, source in mapping.targets.items()
    )
    return CompiledMapping(mapping=mapping, context=context, compiled=compiled)


def _begin(target: str, source: Source, context: Context) -> Begun:
    own = replace(context, stages=Stages(target))
    return Begun(cell=source.compile(own), context=own)


def _compiled(target: str, source: Source, begun: Begun) -> Target:
    cell, stages = rendered(begun.cell, begun.context), begun.context.stages
    alone = not any(True for _ in _groups(source))
    return Target(name=target, cell=cell, stages=stages, lacking=stages.lacking, alone=alone)


def _groups(source: Source) -> Iterator[str]:
    for step in steps_of(source):
        yield from step.groups()


def columns_needed(mapping: Mapping, context: Context) -> frozenset[str]:
    """Return the columns of the projection that a mapping reads."""
    return compile_mapping(mapping, context).columns


def _dtype(context: Context, name: str) -> pl.DataType:
    try:
        return find(context.structure, name).dtype
    except NotFound:
        return pl.Null()


def _told(source: Source, values: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    names = [ref.field if not ref.locale else f"{ref.field}@{ref.locale}" for ref in source.fields]
    given = names if source.several else (names[0] if names else None)
    yield {"type": "from" if names else "value", "input": given, "output": values[0]}
    for step, before, after in zip(source.steps, values, values[1:], strict=False):
        yield {"type": step.name, "input": before, "output": after}
