"""Stored rows told apart by piece: what the pieces answer comes in the order that was asked."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from pim.projection.piece import Piece
from pim.projection.shares import shares_of

HEIGHTS = (4, 0, 3)
IDS = [10, 11, 12, 13, 20, 21, 22]


def pieces():
    ids = iter(IDS)
    made = []
    for number, height in enumerate(HEIGHTS):
        table = pa.table({"id": pa.array([next(ids) for _ in range(height)], pa.int64())})
        made.append(Piece(str(number), {"id": table}, {"id": table}, pl.Series([], dtype=pl.Int64)))
    return made


def asked(rows, *, as_frame=False):
    def ask(piece, chosen):
        found = piece.items.picked("id", pl.Int64(), chosen)
        return found.to_frame() if as_frame else found

    found = shares_of(pieces(), HEIGHTS, rows).ask(ask)
    return (found["id"] if as_frame else found).to_list()


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize(
    "rows", [[0], [6], [3, 0], [5, 4, 6], [6, 0, 4, 3, 1], [2, 2, 6, 2], [], list(range(7))]
)
def test_pieces_answer_for_their_rows_in_the_order_that_was_asked(rows, as_frame):
    wanted = [IDS[row] for row in rows]
    assert asked(pl.Series(rows, dtype=pl.UInt32), as_frame=as_frame) == wanted


def test_without_rows_all_pieces_answer_for_all_of_theirs():
    assert asked(None) == IDS


def test_only_pieces_that_have_a_row_are_asked():
    shares = shares_of(pieces(), HEIGHTS, pl.Series([5, 4], dtype=pl.UInt32))

    assert [piece.key for piece, _ in shares.parts] == ["2"]
    assert shares.count == 2


def test_what_is_asked_of_no_row_is_empty_and_what_is_asked_of_all_has_no_count():
    assert shares_of(pieces(), HEIGHTS, pl.Series([], dtype=pl.UInt32)).count == 0
    assert shares_of(pieces(), HEIGHTS, None).count is None
