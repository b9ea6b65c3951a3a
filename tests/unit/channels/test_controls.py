"""Forbidden characters, told from the bytes of a column: never overlooked."""

from __future__ import annotations

import polars as pl
import pytest

from channels.checking.controls import may_hold_forbidden

FORBIDDEN = [chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)]


@pytest.mark.parametrize("character", FORBIDDEN)
def test_no_forbidden_character_is_overlooked(character):
    assert may_hold_forbidden(pl.Series(["plain", None, f"a{character}b", "tab\tnew\nline\r"]))


def test_texts_without_any_are_told_at_once():
    assert not may_hold_forbidden(pl.Series(["tab\tnew\nline\r", None, "Größe 42, ботинки", ""]))
    assert not may_hold_forbidden(pl.Series([], dtype=pl.String))
    assert not may_hold_forbidden(pl.Series([None, None], dtype=pl.String))


def test_only_the_part_that_is_there_is_looked_at():
    assert not may_hold_forbidden(pl.Series(["\x00", "plain", "\x07"]).slice(1, 1))
