"""What a campaign does to the cells of a product, as one channel sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import polars as pl

from pim.campaigns.overlaid import CELLS
from pim.campaigns.running import WITHHOLD, Campaign
from pim.domain import conditions, dates, operations
from pim.domain.conditions import Node, leaves
from pim.domain.operations import (
    Calculate,
    Categorize,
    Clear,
    Copy,
    Operation,
    SetValue,
    StatusOperation,
)
from pim.domain.structure import ALL, Structure
from pim.domain.values import Cell
from pim.errors import Refused
from pim.projection.columns import PRICES
from pim.projection.effective.parts import Part, part_of_cell, parts_of_cell
from pim.projection.leaves import Test

#: Returns a sheet's cells: id, attribute, scope, locale, data (`pim.campaigns.sheets.frame`).
Sheets = Callable[[str], pl.DataFrame]

#: Where operations name the attribute that they write, and what their scope begins with.
FIELDS: Final = (("", "field"), ("to_", "to_field"))

#: Operations that treat each currency of a price by itself.
_BY_CURRENCY: Final = (Calculate, Clear, Copy)


@dataclass(frozen=True)
class Sheet:
    """Cells given one by one, stored under a digest."""

    digest: str

    def column(self, cell: Cell) -> str:
        """Return the name of the column that holds what is given for a cell, as JSON."""
        return f"\x00{self.digest} {cell.column}"


@dataclass(frozen=True)
class Step:
    """One thing that a campaign does, and the cells that it may write."""

    does: Operation | Sheet
    cells: frozenset[Cell] = frozenset()

    def takes(self, part: Part) -> bool:
        """Tell whether it may lay something over a part."""
        if part.cell is None:
            kind = Categorize if part.names == ["categories"] else StatusOperation
            return isinstance(self.does, kind)
        if part.cell not in self.cells:
            return False
        if isinstance(self.does, Calculate):
            return self.does.currency in (None, part.currency)
        if isinstance(self.does, SetValue) and part.currency is not None:
            return part.currency in self.does.value
        return True


@dataclass(frozen=True)
class Chain:
    """What a campaign does to one part: steps in order, and the parts whose data decide it.

    `known` is for what is worked out about it.
    """

    part: Part
    steps: tuple[Step, ...]
    reads: tuple[Part, ...]
    known: dict[str, bool] = field(default_factory=dict, compare=False)

    @property
    def taking(self) -> tuple[Step, ...]:
        """Return the steps that lay something over the part itself."""
        return tuple(step for step in self.steps if step.takes(self.part))

    @property
    def only_fills(self) -> bool:
        """Tell whether it leaves alone what holds something."""
        return all(isinstance(s.does, SetValue) and s.does.only_empty for s in self.taking)

    @property
    def only_sheets(self) -> bool:
        """Tell whether it leaves alone the products that its sheets do not speak of."""
        return all(isinstance(step.does, Sheet) for step in self.taking)

    @property
    def sheets(self) -> dict[str, Sheet]:
        """Return the sheets that give the part's cell, by the column of what they give."""
        found = (step.does for step in self.steps if isinstance(step.does, Sheet))
        return {s.column(self.part.cell): s for s in found if self.part.cell is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that decide the part, those of sheets last."""
        read = [name for part in self.reads for name in part.names]
        return (*dict.fromkeys(read), *self.sheets)


@dataclass
class Plan:
    """A campaign as one channel sees it, read against one structure."""

    campaign: Campaign
    channel: str
    structure: Structure
    sheets: Sheets
    #: The compiled condition, under the columns that there were.
    test: tuple[int, Test] | None = None
    _chains: dict[tuple[str, ...], Chain | None] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        """Return what names this version of the campaign for ever."""
        return self.campaign.id, self.campaign.version

    @cached_property
    def where(self) -> Node | None:
        """Return the condition; None if the structure has outgrown it: then it chooses nothing."""
        try:
            return conditions.parse(self.campaign.where, self.structure).root
        except Refused:
            return None

    @cached_property
    def follows_time(self) -> bool:
        """Tell whether time alone may change what it chooses."""
        if self.campaign.members is not None or self.where is None:
            return False
        return any(_relative(leaf.value) for leaf in leaves(self.where))

    @cached_property
    def follows_others(self) -> bool:
        """Tell whether more than rows and structure decides what it chooses: time, feeds, edits."""
        if self.where is None:
            return False
        asked = ("change_set", "published_in", "rejected_by")
        return self.follows_time or any(leaf.field in asked for leaf in leaves(self.where))

    @cached_property
    def members(self) -> pl.Series | None:
        """Return the frozen products, in order."""
        given = self.campaign.members
        return None if given is None else pl.Series("id", given, dtype=pl.Int64)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Return what it does, without what the structure does not allow any more."""
        return tuple(self._steps())

    @cached_property
    def by_channel(self) -> bool:
        """Tell whether it may do something else in another channel to the same cell."""
        return any(
            not attribute.scopable and document.get(f"{prefix}scope")
            for document in self.campaign.do
            for prefix, name in FIELDS
            if (attribute := self.structure.attributes.get(document.get(name))) is not None
        )

    def _steps(self) -> Iterator[Step]:
        for document in self.campaign.do:
            if document.get("type") == CELLS:
                yield Step(sheet := Sheet(str(document["sheet"])), self._cells_of(sheet))
            elif document.get("type") == WITHHOLD:
                continue
            elif (fitted := _fitted(document, self.structure, self.channel)) is not None:
                try:
                    (operation,) = operations.parse([fitted], self.structure)
                except Refused:
                    continue
                cells = operations.cells(operation, self.structure)
                yield Step(operation, frozenset(filter(self._reaches, cells)))

    def _cells_of(self, sheet: Sheet) -> frozenset[Cell]:
        """Return the cells that a sheet has columns for and that the structure knows."""
        named = self.sheets(sheet.digest).select("attribute", "scope", "locale").unique()
        cells = (Cell(*row) for row in named.rows())
        known = (cell for cell in cells if cell.attribute in self.structure.attributes)
        return frozenset(filter(self._reaches, known))

    def _reaches(self, cell: Cell) -> bool:
        """Tell whether a cell lies in the campaign's channels and locales."""
        return _among(cell.channel, self.campaign.channels) and _among(
            cell.locale, self.campaign.locales
        )

    def chain(self, part: Part) -> Chain | None:
        """Return what it does to a part, None where it leaves that alone."""
        key = tuple(part.names)
        if key not in self._chains:
            self._chains[key] = self._chain(part)
        return self._chains[key]

    def _chain(self, part: Part) -> Chain | None:
        if not any(step.takes(part) for step in self.steps):
            return None
        if part.cell is None:
            taken = tuple(step for step in self.steps if step.takes(part))
            return Chain(part, taken, (part,))
        wanted, steps = {part.cell}, []
        for step in reversed(self.steps):
            if written := wanted & step.cells:
                steps.append(step)
                if isinstance(step.does, Copy):
                    wanted |= {step.does.source_cell(cell) for cell in written}
        currency = part.currency if all(map(_by_currency, steps)) else None
        read = (p for cell in sorted(wanted) for p in self._parts(cell, currency))
        others = (each for each in read if each.names != part.names)
        return Chain(part, tuple(reversed(steps)), (part, *others))

    def _parts(self, cell: Cell, currency: str | None) -> list[Part]:
        attribute = self.structure.attributes[cell.attribute]
        if currency is not None and attribute.type == PRICES:
            return [part_of_cell(attribute, cell, currency)]
        return parts_of_cell(self.structure, cell)

    def touched(self) -> Iterator[Part]:
        """Yield every part of a cell that it may lay something over."""
        cells = {cell for step in self.steps for cell in step.cells}
        for part in (p for cell in cells for p in parts_of_cell(self.structure, cell)):
            if any(step.takes(part) for step in self.steps):
                yield part

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the columns of cells that it may lay something over."""
        return frozenset(name for part in self.touched() for name in part.names)

    def given(self, sheet: Sheet, cell: Cell) -> pl.DataFrame:
        """Return id and data (JSON) of the products for which a sheet gives a cell."""
        address = zip(("attribute", "scope", "locale"), cell, strict=True)
        asked = [pl.col(name) == code for name, code in address]
        return self.sheets(sheet.digest).filter(*asked).select("id", "data")


def _fitted(
    document: Mapping[str, Any], structure: Structure, channel: str
) -> Mapping[str, Any] | None:
    """Return an operation's document with the scopes and locales that its attribute can hold.

    In a campaign an attribute that does not vary by channel may have a scope, as an overlay is per
    channel anyway; None where the scope is not this channel. What is not said means every one.
    """
    fitted = dict(document)
    for prefix, name in FIELDS:
        attribute = structure.attributes.get(fitted.get(name))
        if attribute is None:
            continue
        scope = fitted.get(f"{prefix}scope")
        if attribute.scopable:
            fitted[f"{prefix}scope"] = scope or "*"
        elif fitted.pop(f"{prefix}scope", None) and not _names(scope, channel):
            return None
        if attribute.localizable:
            fitted[f"{prefix}locale"] = fitted.get(f"{prefix}locale") or "*"
        else:
            fitted.pop(f"{prefix}locale", None)
    return fitted


def _names(scope: Any, channel: str) -> bool:
    codes = [scope] if isinstance(scope, str) else list(scope)
    return "*" in codes or channel.casefold() in {str(code).casefold() for code in codes}


def _among(code: str, codes: tuple[str, ...]) -> bool:
    return code == ALL or not codes or code.casefold() in {each.casefold() for each in codes}


def _by_currency(step: Step) -> bool:
    """Tell whether a step treats each currency of a price by itself."""
    if isinstance(step.does, SetValue):
        return not step.does.only_empty
    return isinstance(step.does, (Sheet, *_BY_CURRENCY))


def _relative(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_relative, value))
    return isinstance(value, str) and dates.is_relative(value)
