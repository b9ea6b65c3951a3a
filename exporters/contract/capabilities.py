"""What a destination does with a file: absent items, deltas, groups, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GIGABYTE = 1_000_000_000

Absent = Literal["replace_all", "upsert", "patch"]
Delta = Literal["upsert_and_delete", "upsert"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """State what the destination makes of a file, so that publications never guess.

    - `absent`: what happens to an item that a whole file leaves out. `replace_all`: it is removed
      there; `upsert`: it stays as it was; `patch`: it stays, and so do values left out of an item.
    - `delta`: what a delta file can say. `upsert_and_delete`: changed items and removals;
      `upsert`: changed items only (a removal needs a whole file); None: whole files only.
    - `groups`: the target that groups the variants of one style, if the destination groups.
    - `contiguous`: whether the items of a group must follow each other, all of them: a publication
      then writes group after group, and a delta holds every item of a group that changed.
    - `locales_per_file`: how many locales one file may hold; None: any number.
    - `max_bytes`, `max_items`: limits of one uncompressed file; None: no documented limit. A
      publication that exceeds one is held, with the figure in the reason.
    - `deletes`: whether removals can be delivered at all (by absence or by a delta entry).
    """

    absent: Absent
    delta: Delta | None
    groups: str | None = None
    contiguous: bool = False
    locales_per_file: int | None = None
    max_bytes: int | None = None
    max_items: int | None = None
    deletes: bool = True
