"""The exporter itself, what it is told and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, BinaryIO, ClassVar

import polars as pl

from exporters.contract.capabilities import Capabilities
from exporters.contract.options import Options
from exporters.contract.requirements import NONE, Requirements
from pim.errors import PimError

ENTRY_POINT_GROUP = "pim.exporters"


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteContext:
    """What a file may say about the feed besides its items.

    `as_of` (with a time zone) is the only clock that an exporter may read. `targets` are the
    mapped targets in order: the columns of a file without any frame. `link` is the shop's own
    address. Everything here is fixed for a publication, so the same call gives the same bytes.
    """

    feed: str
    as_of: datetime
    targets: tuple[str, ...] = ()
    label: str = ""
    locale: str | None = None
    currency: str | None = None
    channel: str | None = None
    country: str | None = None
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What was written: items, removals, uncompressed bytes.

    `notes` counts what the writer had to alter, such as `replaced_characters` that an encoding
    lacks; they belong in the publication's report.
    """

    items: int
    bytes: int
    removed: int = 0
    notes: dict[str, int] = field(default_factory=dict)


class Exporter(ABC):
    """Write frames of finished items as one destination's file.

    Subclasses are made without arguments, keep no state between calls and are safe to use from
    several threads. `options` below is always an instance of the class's `options`.
    """

    code: ClassVar[str]
    label: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    options: ClassVar[type[Options]] = Options

    @abstractmethod
    def file_name(self, options: Any) -> str:
        """Return the name of the file, with its suffix."""

    @abstractmethod
    def media_type(self, options: Any) -> str:
        """Return the media type of the file, with its character set where that matters."""

    @abstractmethod
    def item_id(self, options: Any) -> str:
        """Return the target that identifies an item at the destination."""

    def limits(self, options: Any) -> Capabilities:
        """Return the capabilities under these options, where an option changes a limit."""
        return self.capabilities

    def targets(self, options: Any) -> tuple[str, ...]:
        """Return the standard targets in order; empty where a mapping may use any name."""
        return tuple(each.target for each in self.requirements(options).targets)

    def requirements(self, options: Any) -> Requirements:
        """Return what the destination demands."""
        return NONE

    @abstractmethod
    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: Any,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write the items of all frames, in order, at constant memory, with reproducible bytes.

        A frame has one row per item and one column per mapped target, in mapping order, of type
        String, or List(String) for repeated targets; null is absent. All frames have the columns
        and types of the first. `frames` may be lazy; no frame is kept longer than it takes to
        write it. `out` is binary, need not be seekable and is not closed.

        With `delta` the frames hold only added and changed items (whole, never patches), and
        `removed` the ids of items to take away, all in the destination's delta form. `removed`
        without `delta` raises ValueError.
        """


@cache
def load_exporters() -> Mapping[str, Exporter]:
    """Return every installed exporter by code, the built-in ones and others alike.

    Raises PimError that names the entry point if one cannot be loaded: a feed must not lose its
    exporter silently.
    """
    found = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda each: each.name)
    return MappingProxyType({each.name: _load(each) for each in found})


def _load(entry_point: EntryPoint) -> Exporter:
    try:
        exporter: Exporter = entry_point.load()()
    except (ImportError, AttributeError, TypeError) as error:
        message = f"The exporter {entry_point.name} ({entry_point.value}) cannot be loaded: {error}"
        raise PimError(message) from error
    return exporter
