"""CSV: exact texts, honest about encodings, separators and broken rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.contract import ROW, Limits, ReadOptions, RowProblem
from importers.csv_file import CsvImporter
from importers.csv_file.blocks import Block, Rest, blocks
from importers.csv_file.records import Parser
from importers.testing import ImporterTests
from pim.errors import Refused


class TestCsv(ImporterTests):
    importer = CsvImporter()

    def write(self, path: Path, rows: Iterable[Sequence[str]]) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


class TestTsv(ImporterTests):
    importer = CsvImporter()

    def write(self, path: Path, rows: Iterable[Sequence[str]]) -> None:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)


def read(
    folder: Path, content: str | bytes, options: ReadOptions | None = None
) -> tuple[pl.DataFrame, list[RowProblem]]:
    path = folder / "supplier.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TestCsv().read(path, options)


def dialect(folder: Path, content: str | bytes) -> dict[str, str]:
    path = folder / "supplier.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with CsvImporter().open(path, ReadOptions()) as sheet:
        return dict(sheet.dialect)


@pytest.mark.parametrize(
    ("content", "separator"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2;3\n", ";"),
        ("a\tb\n1;2\t3\n", "tab"),
        ("a|b\n1|2\n", "|"),
        ("Цена, руб.;Артикул\n12,5;X\n", ";"),
        ('"one, two";b\nx;y\n', ";"),
        ("alone\n1\n", ","),
    ],
)
def test_the_separator_is_told_from_the_header(
    tmp_path: Path, content: str, separator: str
) -> None:
    assert dialect(tmp_path, content)["separator"] == separator


def test_what_nobody_named_is_marked_as_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1;2\n")

    with CsvImporter().open(path, ReadOptions(separator=";")) as sheet:
        assert sheet.guessed == {"encoding"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_read_without_being_named(tmp_path: Path, encoding: str) -> None:
    frame, _ = read(tmp_path, "Артикул;Цвет\nА1;синий\n".encode(encoding))

    assert frame.rows() == [("А1", "синий", 2)]
    assert frame.columns[0] == "Артикул"


def test_an_unnamed_encoding_is_refused_with_its_likely_readings(tmp_path: Path) -> None:
    content = "sku;name\n1;ok\n2;Кожаные туфли на каблуке\n".encode("cp1251")

    with pytest.raises(Refused) as refusal:
        read(tmp_path, content)

    assert "supplier.csv: Line 3 is not UTF-8" in str(refusal.value)
    assert refusal.value.violations[0].parameters["encodings"][0] == "cp1251"
    assert 'cp1251 it reads "2;Кожаные туфли' in str(refusal.value)


def test_a_late_bad_byte_is_found_before_any_row_is_given(tmp_path: Path) -> None:
    content = b"sku,name\n" + b"1,ok\n" * 1_200_000 + b"2,\xe9t\xe9\n"

    with pytest.raises(Refused, match="Line 1200002 is not UTF-8"):
        read(tmp_path, content)


def test_a_named_encoding_is_used(tmp_path: Path) -> None:
    content = "Артикул;Цвет\nА1;синий\n".encode("cp1251")

    frame, _ = read(tmp_path, content, ReadOptions(encoding="windows-1251"))

    assert frame.rows() == [("А1", "синий", 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_bytes_that_are_no_letters_cost_their_row_only(tmp_path: Path, encoding: str) -> None:
    frame, problems = read(
        tmp_path, b"sku;name\n1;ok\n2;\x98\n3;ok\n", ReadOptions(encoding=encoding)
    )

    assert frame["sku"].to_list() == ["1", "3"]
    assert [(each.row, each.raw, each.violation.path) for each in problems] == [
        (3, ("2", "\ufffd"), "name")
    ]


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="koi9"):
        read(tmp_path, "a,b\n", ReadOptions(encoding="koi9"))


def test_ragged_rows_keep_their_text_and_cost_nobody_else(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, 'a,b,c\n1,2,3\n1,2\n1,2,3,"4,5"\n"x\ny",2,3\n7,8,9\n')

    assert frame.rows() == [
        ("1", "2", "3", 2),
        ("1", "2", None, 3),
        ("x\ny", "2", "3", 5),
        ("7", "8", "9", 6),
    ]
    assert [(each.row, each.raw, each.violation.severity) for each in problems] == [
        (3, ("1", "2"), "warning"),
        (4, ("1", "2", "3", "4,5"), "error"),
    ]
    assert problems[0].violation.text.startswith("The row has 2 cells, the header 3 columns;")


def test_a_quote_inside_a_cell_is_a_letter(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, 'a,b\n5" pipe,x\ny,6"\n"q",z\n')

    assert frame.rows() == [('5" pipe', "x", 2), ("y", '6"', 3), ("q", "z", 4)]
    assert problems == []


def test_a_quote_that_never_closes_costs_its_own_row(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, 'a,b\n1,ok\n2,"open\n3,ok\n4,ok\n')

    assert frame.rows() == [("1", "ok", 2), ("3", "ok", 4), ("4", "ok", 5)]
    assert [(each.row, each.raw, each.violation.code) for each in problems] == [
        (3, ('2,"open',), "row_quotes")
    ]


def test_without_quoting_a_quote_is_a_letter(tmp_path: Path) -> None:
    frame, _ = read(tmp_path, 'a\tb\n"1\t"2"\n', ReadOptions(quote=None))

    assert frame.rows() == [('"1', '"2"', 2)]


def test_a_cell_beyond_the_limit_is_a_problem(tmp_path: Path) -> None:
    frame, problems = read(
        tmp_path, "a,b\n1,12345678901\n2,ok\n", ReadOptions(limits=Limits(cell_characters=10))
    )

    assert frame["a"].to_list() == ["2"]
    assert problems[0].violation.code == "cell_too_long"


def test_a_nul_is_a_problem_of_its_row(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, b"a,b\n1,\x00\n2,ok\n")

    assert frame["a"].to_list() == ["2"]
    assert [each.row for each in problems] == [2]


def test_old_line_ends_are_read(tmp_path: Path) -> None:
    frame, _ = read(tmp_path, "a,b\r1,2\r3,4\r")

    assert frame.rows() == [("1", "2", 2), ("3", "4", 3)]


cells = st.text(alphabet=st.sampled_from('ab",;\n\r 0é'), max_size=6)


@given(table=st.lists(st.tuples(cells, cells, cells), max_size=30), rows=st.integers(1, 5))
def test_any_table_is_read_as_the_standard_library_reads_it(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]], rows: int
) -> None:
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_MINIMAL).writerows([("x", "y", "z"), *table])
    expected = [(*row, n) for n, row in enumerate(table, start=2) if any(row)]

    frame, problems = TestCsv().read(path, ReadOptions(separator=",", batch_rows=rows))

    assert frame.rows() == expected
    assert problems == []
    assert frame.schema[ROW] == pl.UInt32


@given(
    pieces=st.lists(
        st.sampled_from(
            ["a", '"b"', ",", "\n", "\r\n", '""', '"x\ny"', '"q""q"', '"', " ", "\r", "é"]
        ),
        max_size=40,
    ),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_any_text_is_read_alike_in_blocks_and_letter_by_letter(
    pieces: list[str], cuts: list[int]
) -> None:
    text = "".join(pieces).encode()
    ends = sorted({min(cut, len(text)) for cut in cuts} | {len(text)})
    chunks = [text[start:end] for start, end in pairwise([0, *ends])]

    def read_all(
        source: Iterable[Block | Rest],
    ) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        parser = Parser(
            header=("a", "b"), width=2, separator=",", quote='"', encoding="utf-8", limits=Limits()
        )
        batches = list(parser.parse(source))
        rows = [row for batch in batches for row in batch.frame.rows()]
        return rows, [(p.row, p.raw, p.violation.code) for b in batches for p in b.problems]

    by_blocks = read_all(blocks(chunks, separator=",", quote='"'))

    assert by_blocks == read_all([Rest(iter([text]))])
