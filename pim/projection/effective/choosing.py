"""Which products campaigns choose, by their conditions on the base or as they were frozen.

Of a whole segment this is a mask that is kept with it, as segments never change; of a few products
all conditions are asked in one go.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl

from pim.domain.conditions import EVERYTHING, Leaf
from pim.projection.catalogue import PRODUCTS, Catalogue, height_of
from pim.projection.columns import SYSTEM, Column
from pim.projection.conditions import Compiler
from pim.projection.effective.plans import Plan
from pim.projection.leaves import Test
from pim.projection.masks import Masks
from pim.projection.piece import Piece
from pim.projection.remembering import remember

if TYPE_CHECKING:
    from pim.projection.reading import Reading

#: Bytes of masks that are kept of a segment, and how many at least.
KEPT: Final = 128 * 1024**2
LEAST: Final = 64

ID: Final = Column(name="id", dtype=SYSTEM["id"])


class _Alone:
    """One piece as if it were a catalogue: as much of it as masks ask for."""

    def __init__(self, piece: Piece) -> None:
        self.pieces = [piece]

    def each(self, ask: Any) -> pl.Series:
        """Return what is asked of the piece."""
        found: pl.Series = ask(self.pieces[0])
        return found

    def height(self, side: int) -> int:
        """Return how many rows are stored."""
        return height_of(self.pieces[0], side)


class _Once(Masks):
    """Masks whose leaves are not kept: what is kept is the answer of a whole campaign."""

    def _key(self, leaf: Leaf) -> None:
        return None


class _Noting(Compiler):
    """A compiler that notes what the conditions read, so that no leaf is compiled twice."""

    @cached_property
    def read(self) -> list[Column]:
        """Return the columns that were read so far."""
        return []

    def leaf(self, leaf: Leaf) -> Test:
        """Return the test of one leaf."""
        test = super().leaf(leaf)
        self.read.extend(test.columns)
        return test


def key_of(plan: Plan, now: datetime) -> Hashable:
    """Return what decides a campaign's choice among rows that stay as they are."""
    return (*plan.key, now if plan.follows_time else None)


def chosen(base: Reading, piece: Piece, plan: Plan, now: datetime) -> pl.Series:
    """Return for every stored product of a piece whether a campaign chooses it."""
    memory = piece.worked_out(base.structure).setdefault("chosen", {})
    key = key_of(plan, now)
    found: pl.Series | None = memory.get(key)
    if found is None:
        found = _mask(base, piece, plan, now)
        most = max(LEAST, KEPT // (piece.items.height // 8 + 64))
        remember(memory, key, found, most=most)
    return found


def _mask(base: Reading, piece: Piece, plan: Plan, now: datetime) -> pl.Series:
    if (members := plan.members) is not None:
        ids = piece.items.stored("id", ID.dtype)
        return ids.is_in(members.implode())
    if plan.where is None or plan.where == EVERYTHING:
        return pl.repeat(plan.where is not None, piece.items.height, eager=True)
    masks = base.masks(now)
    alone = _Once(
        catalogue=cast("Catalogue", _Alone(piece)), compiler=masks.compiler, ratio=masks.ratio
    )
    return alone.of(PRODUCTS, plan.where)


def chosen_few(
    base: Reading, plans: Sequence[Plan], ids: pl.Series, now: datetime, known: dict[Any, Any]
) -> Mapping[Hashable, pl.Series]:
    """Return by `key_of` for a few products whether each campaign chooses them.

    `known` is where answers about just these products are kept.
    """
    missing = [plan for plan in plans if key_of(plan, now) not in known]
    for plan in missing:
        if (members := plan.members) is not None:
            known[key_of(plan, now)] = ids.is_in(members.implode())
        elif plan.where is None:
            known[key_of(plan, now)] = pl.repeat(False, len(ids), eager=True)
    asked = [plan for plan in missing if key_of(plan, now) not in known]
    if asked:
        known |= _asked(base, asked, ids, now)
    return known


def _compiled(plan: Plan, compiler: Compiler, known: int) -> Test:
    """Return a campaign's condition as a test, made once for the columns that exist.

    What follows the time or a change set is made anew for each reading.
    """
    if plan.test is not None and plan.test[0] == known and not plan.follows_others:
        return plan.test[1]
    assert plan.where is not None
    noting = _Noting(**vars(compiler))
    holds = noting.node(plan.where)
    found = Test(columns=tuple(noting.read), holds=holds)
    plan.test = known, found
    return found


def _asked(
    base: Reading, plans: Sequence[Plan], ids: pl.Series, now: datetime
) -> dict[Hashable, pl.Series]:
    """Return the answers of conditions about a few products, all asked at once."""
    compiler = base.masks(now).compiler
    known = hash(frozenset(compiler.known))
    needed = {ID.name: ID}
    tests = []
    for number, plan in enumerate(plans):
        test = _compiled(plan, compiler, known)
        needed |= {column.name: column for column in test.columns}
        tests.append(test.holds.alias(str(number)))
    frame = base.columns(list(needed.values()), ids)
    # The ids come along so that conditions about nothing are as long as the frame.
    found = frame.select("id", *tests)
    return {key_of(plan, now): found[str(number)] for number, plan in enumerate(plans)}
