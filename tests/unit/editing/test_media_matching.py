"""Which rows the names of files mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from pim.domain.file_patterns import FilePattern, parse_pattern
from pim.editing.media.matching import match
from tests.factories.structure import footwear

STRUCTURE = footwear()


def pattern(text: str) -> FilePattern:
    found, violations = parse_pattern(text, STRUCTURE, "pattern")
    assert found is not None, violations
    return found


def owners(text: str, names: Sequence[str], *rows: dict[str, Any]) -> dict[str, Any]:
    """Return (owner, number) of files that are matched, owners of ambiguous ones, else None."""
    frame = pl.DataFrame([{"owner": n, **row} for n, row in enumerate(rows)])
    found = match(names, pattern(text), frame)
    met: dict[str, Any] = {names[file]: (o, n) for file, o, n in found.files.iter_rows()}
    met |= {names[file]: list(several) for file, several in found.ambiguous.iter_rows()}
    return met | {names[file]: None for file in found.unmatched}


BLACK, COGNAC = {"identifier": "DRB-BLK-41"}, {"identifier": "DRB-COG-41"}


@pytest.mark.parametrize(
    "name",
    ["DRB-BLK-41_2.jpg", "drb-blk-41_2.JPG", "DRB_BLK_41-2.jpeg", "drbblk41_2.jpg",
     "DRB BLK 41 2.jpg", "drb.blk.41.02.jpg", "DRBBLK41-0002.jpg"],
)  # fmt: skip
def test_case_and_separators_do_not_count(name: str) -> None:
    assert owners("{sku}_{n}.jpg", [name], BLACK, COGNAC) == {name: (0, 2)}


@pytest.mark.parametrize(
    "name", ["DRB-BLK-42_1.jpg", "DRB-BLK-41.jpg", "DRB-BLK-41_1.png", "xDRB-BLK-41_1.jpg", "jpg"]
)
def test_other_names_mean_nobody(name: str) -> None:
    assert owners("{sku}_{n}.jpg", [name], BLACK, COGNAC) == {name: None}


def test_the_patterns_own_separators_decide_between_readings() -> None:
    rows = [{"identifier": "A-4"}, {"identifier": "A-41"}]

    found = owners("{sku}_{n}.jpg", ["a-4_11.jpg", "a-41_1.jpg", "a411.jpg"], *rows)

    assert found["a-4_11.jpg"] == (0, 11)
    assert found["a-41_1.jpg"] == (1, 1)
    assert found["a411.jpg"] == [0, 1]


def test_names_that_differ_by_separators_alone_are_told_apart_by_them() -> None:
    rows = [{"identifier": "A-1"}, {"identifier": "A1"}]

    found = owners("{sku}.jpg", ["A-1.jpg", "a1.jpg", "A_1.jpg"], *rows)

    assert found == {"A-1.jpg": (0, None), "a1.jpg": (1, None), "A_1.jpg": [0, 1]}


def test_several_placeholders_and_a_number_in_the_middle() -> None:
    rows: list[dict[str, Any]] = [
        {"style": "derby", "color": "dark_brown"},
        {"style": "derby", "color": "black"},
        {"style": "derby", "color": None},
    ]
    names = ["DERBY_Dark-Brown_01.jpg", "derbyblack03.jpg", "derby.jpg"]
    found = owners("{style}_{color}_{n}.jpg", names, *rows)
    assert found == {names[0]: (0, 1), names[1]: (1, 3), names[2]: None}

    turned = ["2_derby_black.tif", "2 derby dark brown.TIFF"]
    found = owners("{n}_{style}_{color}.tif", turned, *rows)
    assert found == {turned[0]: (1, 2), turned[1]: (0, 2)}


def test_letters_of_any_script_and_composition_are_compared() -> None:
    rows = [{"identifier": "ЁЛКА-é"}]
    decomposed = "е\u0308лка-e\u0301_1.jpg"

    assert owners("{sku}_{n}", [decomposed, "ёлка é 1.png"], *rows) == {
        decomposed: (0, 1),
        "ёлка é 1.png": (0, 1),
    }


def test_rows_of_one_owner_do_not_make_a_file_ambiguous() -> None:
    frame = pl.DataFrame({"owner": [7, 7], "style": ["derby", "derby"]})
    found = match(["derby_1.jpg"], pattern("{style}_{n}.jpg"), frame)
    assert found.files.rows() == [(0, 7, 1)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("picture_{n}.jpg", "bad_file_pattern"),
        ("{sku}_{n}_{n}.jpg", "bad_file_pattern"),
        ("{sku_{n}.jpg", "bad_file_pattern"),
        ("{skoo}_{n}.jpg", "unknown_placeholder"),
        ("{name}_{n}.jpg", "unusable_placeholder"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_with_a_mend(text: str, code: str) -> None:
    found, violations = parse_pattern(text, STRUCTURE, "pattern")

    assert found is None
    assert {violation.code for violation in violations} == {code}
    assert all(v.text and v.mend_text for v in violations)


def test_an_ending_limits_files_and_means_its_kin() -> None:
    assert pattern("{sku}.jpg").stem("a.JPEG") == "a"
    assert pattern("{sku}.jpg").stem("a.png") is None
    assert pattern("{sku}.*").stem("a.png") == "a"
    assert pattern("{sku}").stem("a.b.png") == "a.b"
    assert pattern("{SKU}_{N}").placeholders == ("identifier",)
