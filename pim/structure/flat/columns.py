"""Columns of the flat format: what a header means, how a cell is read and shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TRUE = frozenset({"1", "true", "yes"})
FALSE = frozenset({"0", "false", "no"})
ANY = "*"


@dataclass(frozen=True, kw_only=True)
class Form:
    """How cells of one kind are read and shown; `read` raises ValueError for what it cannot."""

    expects: str
    read: Callable[[str], Any]
    show: Callable[[Any], str]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A header and the place in the document where its cells belong.

    In a pattern the header ends where the varying part begins, and the path has `*` for it:
    `label-` and ("labels", "*") stand for label-en_GB, label-de_DE and so on.
    """

    header: str
    path: tuple[str, ...]
    form: Form

    @property
    def dotted(self) -> str:
        """Return the path as violations name it."""
        return ".".join(self.path)

    def named(self, part: str) -> Column:
        """Return the column of a pattern for one varying part."""
        path = tuple(part if step == ANY else step for step in self.path)
        return Column(header=self.header + part, path=path, form=self.form)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The columns of one entity's file; `ignored` ones are known and mean nothing here."""

    columns: tuple[Column, ...]
    patterns: tuple[Column, ...] = ()
    ignored: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def find(self, header: str) -> Column | None:
        """Return the column of a header, or None."""
        name = self.aliases.get(header, header)
        for column in self.columns:
            if column.header == name:
                return column
        for pattern in self.patterns:
            if name.startswith(pattern.header) and len(name) > len(pattern.header):
                return pattern.named(name.removeprefix(pattern.header))
        return None

    def header_of(self, dotted: str) -> str:
        """Return the header of the column that a violation's path is about."""
        steps = tuple(dotted.split("."))
        for column in self.columns:
            if column.path[: len(steps)] == steps or dotted == column.path[-1]:
                return column.header
        for pattern in self.patterns:
            part = _varying(pattern.path, steps)
            if part is not None:
                return pattern.header + part
        return dotted

    def expanded(self, documents: Iterable[Mapping[str, Any]]) -> list[Column]:
        """Return all columns that documents need, patterns with every part that occurs."""
        parts: list[dict[str, None]] = [{} for _ in self.patterns]
        for document in documents:
            for pattern, found in zip(self.patterns, parts, strict=True):
                place = document
                for step in pattern.path[: pattern.path.index(ANY)]:
                    place = place.get(step) or {}
                found.update(dict.fromkeys(place))
        varying = [
            pattern.named(part)
            for pattern, found in zip(self.patterns, parts, strict=True)
            for part in sorted(found)
        ]
        return [*self.columns, *varying]


def _varying(path: tuple[str, ...], steps: tuple[str, ...]) -> str | None:
    """Return what stands for `*` where steps follow a pattern's path, or None."""
    if len(steps) < len(path):
        return None
    pairs = list(zip(path, steps, strict=False))
    if any(known not in (ANY, step) for known, step in pairs):
        return None
    return next(step for known, step in pairs if known == ANY)


def _flag(text: str) -> bool:
    word = text.casefold()
    if word not in TRUE | FALSE:
        raise ValueError(text)
    return word in TRUE


def _list(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for part in _list(text):
        name, colon, unit = part.partition(":")
        if not (name.strip() and colon and unit.strip()):
            raise ValueError(text)
        pairs[name.strip()] = unit.strip()
    return pairs


def _json(text: str) -> Any:
    """Return what JSON says, its numbers as text: a float would lose digits."""
    return json.loads(text, parse_float=str, parse_int=str)


def _show_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def _show_plain(value: Any) -> str:
    return "" if value is None else str(value)


def _show_flag(value: Any) -> str:
    return "" if value is None else str(int(value))


def _show_list(value: Any) -> str:
    return ",".join(value or ())


def _show_pairs(value: Any) -> str:
    return ",".join(f"{name}:{unit}" for name, unit in (value or {}).items())


TEXT = Form(expects="text", read=str, show=_show_plain)
CODE = Form(expects="a code", read=str.strip, show=_show_plain)
FLAG = Form(expects="1 or 0", read=_flag, show=_show_flag)
WHOLE = Form(expects="a whole number", read=int, show=_show_plain)
LIST = Form(expects="codes, separated by commas", read=_list, show=_show_list)
PAIRS = Form(
    expects="pairs such as weight:GRAM, separated by commas", read=_pairs, show=_show_pairs
)
JSON = Form(expects="JSON", read=_json, show=_show_json)
