"""Merge patches of one shape, as plain SQL.

Most writes of many products touch the same few cells of each. Patches with the same leaves are
merged by an expression that names those leaves, several times as fast as `pim_merge`, which has to
look into each patch for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

Path = tuple[str, ...]

VALUES: Final = "values"
#: More leaves than these make expressions that cost more than they save.
MOST_LEAVES: Final = 12

#: Codes, currencies, parts of measurements and "<all>": what may stand in a statement as it is.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]+|<all>")


@dataclass(frozen=True)
class Shape:
    """The leaves of patches over values: paths, and whether the leaf is null and so clears."""

    leaves: tuple[tuple[Path, bool], ...]

    @classmethod
    def of(cls, patch: Mapping[str, Any]) -> Shape | None:
        """Return the shape of a patch; None if it is one that only `pim_merge` can apply."""
        values = patch.get(VALUES)
        if len(patch) != 1 or not isinstance(values, Mapping):
            return None
        leaves = tuple(sorted((path, leaf is None) for path, leaf in _leaves(values)))
        plain = all(_PLAIN.fullmatch(key) for path, _ in leaves for key in path)
        return cls(leaves) if plain and 0 < len(leaves) <= MOST_LEAVES else None

    def matches(self, patch: str) -> str:
        """Return the test, never null, of whether a patch has exactly this shape."""
        given = [
            f"jsonb_typeof({_at(patch, (VALUES, *path))}) NOT IN ('object', 'null')"
            for path, clears in self.leaves
            if not clears
        ]
        same = f"{patch} = jsonb_build_object('{VALUES}', {self._rebuilt(patch, ())})"
        return f"coalesce({' AND '.join([*given, same])}, false)"

    def merged(self, document: str, patch: str) -> str:
        """Return the values after a patch of this shape, as `pim_merge` would have them."""
        return f"coalesce({self._merged(document, patch, ())}, '{{}}')"

    def stands(self, document: str, patch: str) -> str:
        """Return the test, never null, of whether every leaf of a patch is in the values."""
        return " AND ".join(
            f"{_at(document, path)} IS NULL"
            if clears
            else f"coalesce({_at(document, path)} = {_at(patch, (VALUES, *path))}, false)"
            for path, clears in self.leaves
        )

    @cached_property
    def _clears(self) -> dict[Path, bool]:
        return dict(self.leaves)

    def _below(self, path: Path) -> list[str]:
        """Return the keys right below a path."""
        depth = len(path)
        found = (leaf[depth] for leaf in self._clears if leaf[:depth] == path)
        return list(dict.fromkeys(found))

    def _rebuilt(self, patch: str, path: Path) -> str:
        if path in self._clears:
            return "CAST('null' AS jsonb)" if self._clears[path] else _at(patch, (VALUES, *path))
        return _object({key: self._rebuilt(patch, (*path, key)) for key in self._below(path)})

    def _merged(self, document: str, patch: str, path: Path) -> str:
        """Return what stands at a path afterwards; SQL's null where nothing is left."""
        if path in self._clears:
            return "NULL" if self._clears[path] else _at(patch, (VALUES, *path))
        keys = self._below(path)
        parts = _object({key: self._merged(document, patch, (*path, key)) for key in keys})
        here = f"coalesce({_at(document, path)}, '{{}}')"
        if not self._may_vanish(path):
            return f"({here} || {parts})"
        gone = f"CAST({_array(keys)} AS text[])"
        return f"nullif(({here} - {gone}) || jsonb_strip_nulls({parts}), '{{}}')"

    def _may_vanish(self, path: Path) -> bool:
        return any(clears for leaf, clears in self.leaves if leaf[: len(path)] == path)


def _leaves(tree: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _at(document: str, path: Path) -> str:
    return f"({document} #> {_array(path)})" if path else document


def _array(keys: Iterable[str]) -> str:
    """Return an array literal; quoted, as an attribute may be called null."""
    quoted = ",".join(f'"{key}"' for key in keys)
    return f"'{{{quoted}}}'"


def _object(members: Mapping[str, str]) -> str:
    pairs = (f"'{key}', {value}" for key, value in members.items())
    return f"jsonb_build_object({', '.join(pairs)})"
