"""What a step is: a small, typed change of one value, compiled once for all items of a feed.

A step is a frozen dataclass: its fields are its parameters (checked, documented and offered as
JSON schema by `channels.steps.parameters`), its docstring is its help, and `compile` turns one
`Cell` into the next. It is found through the entry point group `pim.steps`; nobody names it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import polars as pl

from channels.steps.stages import Stages
from pim.domain.structure import Attribute, Channel, Labels, Structure
from pim.domain.values import Cell as ValueCell
from pim.domain.violations import Violation

Kind = Literal[
    "text",
    "number",
    "money",
    "measure",
    "boolean",
    "date",
    "datetime",
    "option",
    "options",
    "categories",
    "media",
    "list",
]

#: Numbers, money and measures are computed in this type (DESIGN: decimals are never floats).
DECIMAL = pl.Decimal(38, 10)

TEXTS: frozenset[Kind] = frozenset({"text", "list"})
NUMBERS: frozenset[Kind] = frozenset({"number", "money", "measure"})
CHOICES: frozenset[Kind] = frozenset({"option", "options", "categories"})
EVERY_KIND: frozenset[Kind] = TEXTS | NUMBERS | CHOICES | {"boolean", "date", "datetime", "media"}


class Choice(Protocol):
    """A thing that cells name by its database id: an option, a family, a group, a category."""

    @property
    def id(self) -> int:
        """Return the database id, as columns hold it."""

    @property
    def code(self) -> str:
        """Return the stored spelling of the code."""

    @property
    def labels(self) -> Labels:
        """Return labels by locale."""


@dataclass(frozen=True, kw_only=True)
class FieldRef:
    """Name a field of the catalogue, with whatever differs from the feed's own context.

    `fallbacks` are the locales to try when the cell is empty; None means the feed's.
    """

    field: str
    scope: str | None = None
    locale: str | None = None
    currency: str | None = None
    fallbacks: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value of every item on its way to the feed.

    The type of `expr` follows from `kind`: text, media String; number, money, measure
    Decimal(38, 10); boolean, date, datetime their own; option Int64 (database id of one of
    `choices`); options, categories List(Int64); list List(String).
    `unit` is the unit's code (String) of a measure.
    """

    expr: pl.Expr
    kind: Kind
    attribute: Attribute | None = None
    choices: Iterable[Choice] = ()
    unit: pl.Expr | None = None
    currency: str | None = None
    source: FieldRef | None = None
    parts: tuple[Cell, ...] = ()

    def text(self, expr: pl.Expr) -> Cell:
        """Return this cell as text."""
        return replace(self, expr=expr, kind="text", unit=None, parts=())

    def list(self, expr: pl.Expr) -> Cell:
        """Return this cell as a list of texts."""
        return replace(self, expr=expr, kind="list", unit=None, parts=())


class Fields(Protocol):
    """Where a feed's fields come from."""

    def problems(self, ref: FieldRef) -> Iterable[Violation]:
        """Yield why a field cannot be read; paths are relative to the reference."""

    def resolve(self, ref: FieldRef) -> Cell:
        """Return the cell of a field without problems."""

    def addresses(self, ref: FieldRef) -> Iterable[tuple[str, ValueCell | None]]:
        """Yield the columns that a field is read from, the preferred first, with their cells."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a feed knows while its mapping is compiled.

    `lookups` are the named tables; `as_of` is the moment of the publication (timezone-aware):
    steps have no clock of their own. `stages` holds what the target's steps gave.
    """

    structure: Structure
    channel: Channel
    as_of: datetime
    fields: Fields
    locale: str | None = None
    fallback_locales: tuple[str, ...] = ()
    currency: str | None = None
    country: str | None = None
    media_base_url: str = ""
    lookups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stages: Stages = field(default_factory=Stages)

    def decimals(self, currency: str | None) -> int:
        """Return the usual number of decimals of a currency; 2 if it is unknown."""
        known = self.structure.currencies.get(currency)
        return known.decimals if known else 2

    def labels_of(self, labels: Labels, locale: str | None = None) -> str | None:
        """Return the label in a locale (the feed's by default), else in its fallbacks."""
        for code in (locale or self.locale, *self.fallback_locales):
            if code and labels.get(code):
                return labels[code]
        return None


class Step(ABC):
    """Change one value; null stays null unless the docstring says otherwise.

    `accepts` are the kinds that `compile` understands. Other kinds are rendered as text (or read
    as numbers) first where that is possible, and refused where it is not.
    """

    name: ClassVar[str] = ""
    accepts: ClassVar[frozenset[Kind]] = TEXTS
    #: Whether the same product may give another value tomorrow.
    follows_time: ClassVar[bool] = False

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield what makes these parameters senseless for this cell; paths are parameters."""
        yield from ()

    def groups(self) -> frozenset[str]:
        """Return the groups whose items must all be in the frame: of root, colourway, parent."""
        return frozenset()

    def rereads(self, ref: FieldRef) -> FieldRef:
        """Return what is read instead of the field before the step, if the step reads it anew."""
        return ref

    @abstractmethod
    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the next cell; `cell.kind` is one of `accepts`."""


class TextStep(Step):
    """Change text; of a list, every element."""

    @abstractmethod
    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the changed text; null stays null."""

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Apply `text`; what becomes empty becomes null."""
        if cell.kind == "list":
            changed = cell.expr.list.eval(self.text(pl.element()))
            return cell.list(changed.list.eval(blank_to_null(pl.element()).drop_nulls()))
        return cell.text(blank_to_null(context.stages.hold(self.text(cell.expr))))


AnyStep = TypeVar("AnyStep", bound=type[Step])


def step(name: str) -> Callable[[AnyStep], AnyStep]:
    """Give a step class the name that mappings call it by."""

    def named(cls: AnyStep) -> AnyStep:
        if not cls.__doc__:
            raise TypeError(f"step {name} needs a docstring: it is the help that people read")
        cls.name = name
        return cls

    return named


def blank_to_null(text: pl.Expr) -> pl.Expr:
    """Return null for empty text."""
    return pl.when(text != "").then(text)


def literal_cell(value: Any) -> Cell:
    """Return the cell of a constant from JSON: text, number, boolean, list of texts or null."""
    if isinstance(value, bool):
        return Cell(expr=pl.lit(value), kind="boolean")
    if isinstance(value, list | tuple):
        texts = pl.Series([[str(v) for v in value]], dtype=pl.List(pl.String))
        return Cell(expr=pl.lit(texts).first(), kind="list")
    if value is None or isinstance(value, str):
        return Cell(expr=pl.lit(value or None, dtype=pl.String), kind="text")
    return Cell(expr=pl.lit(str(value)).cast(DECIMAL), kind="number")
