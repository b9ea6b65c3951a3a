"""JSON lines: exact texts, digits as they are written, broken lines told by number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from importers.contract import ROW, Limits, ReadOptions
from importers.json_lines import JsonLinesImporter
from importers.testing import ImporterTests
from pim.errors import Refused


class TestJsonLines(ImporterTests):
    importer = JsonLinesImporter()
    first_row = 1

    def write(self, path: Path, rows: Iterable[Sequence[str]]) -> None:
        header, *others = list(rows)
        with path.open("w", encoding="utf-8") as file:
            for cells in others:
                named = zip(header, cells, strict=True)
                file.write("{" + ",".join(f"{json.dumps(n)}:{json.dumps(c)}" for n, c in named))
                file.write("}\n")

    def test_a_header_alone_has_no_rows(self, tmp_path: Path) -> None:
        """There is no header: a file without lines that say anything names no column."""
        path = tmp_path / "blank.jsonl"
        path.write_text("\n\n", encoding="utf-8")

        with pytest.raises(Refused, match="There is no header"):
            self.read(path)

    def test_columns_without_name_and_content_at_the_end_are_none(self, tmp_path: Path) -> None:
        frame, problems = self.read(self.file(tmp_path, [("sku", ""), ("x", "")]))

        assert frame.rows() == [("x", 1)]
        assert problems == []

    def test_a_cell_under_no_name_is_a_problem_of_its_row(self, tmp_path: Path) -> None:
        frame, problems = self.read(self.file(tmp_path, [("sku", ""), ("x", "lost"), ("y", "")]))

        assert frame.rows() == [("y", 2)]
        assert [problem.row for problem in problems] == [1]

    @pytest.mark.parametrize(("header", "named"), [(("sku", ROW), (ROW,))])
    def test_a_header_that_cannot_be_used_is_refused_by_name(
        self, tmp_path: Path, header: Sequence[str], named: Sequence[str]
    ) -> None:
        """A name that stands twice, or none, is a problem of its line here."""
        super().test_a_header_that_cannot_be_used_is_refused_by_name(tmp_path, header, named)


def lines(folder: Path, *texts: str) -> Path:
    path = folder / "products.jsonl"
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_numbers_keep_their_digits_and_truth_is_one_or_zero(tmp_path: Path) -> None:
    path = lines(
        tmp_path, '{"sku":1111111217,"price":4.0E+12,"on":true,"off":false,"list":["a",2]}'
    )

    frame, problems = TestJsonLines().read(path)

    assert frame.rows() == [("1111111217", "4.0E+12", "1", "0", "a,2", 1)]
    assert problems == []


def test_a_key_that_a_line_does_not_have_is_a_cell_that_is_not_there(tmp_path: Path) -> None:
    path = lines(tmp_path, '{"sku":"a"}', '{"name":"B","sku":"b"}', '{"sku":"c","name":null}')

    frame, _ = TestJsonLines().read(path)

    assert frame.rows() == [("a", None, 1), ("b", "B", 2), ("c", None, 3)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "no object"),
        ('{"a":1,"a":2}', "a stands there twice"),
        ('{"a":{"b":1}}', "a holds an object"),
        ('{"a":NaN}', "NaN is no number"),
        ('{"a":"x\\u0000"}', "no letters"),
        ('{"a":"x\\ud800"}', "no letters"),
        ('{"a":', "Expecting value"),
        ('{"a":"' + "x" * 60 + '"}', "60 characters, more than 50"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_line_that_cannot_be_cells_is_told(tmp_path: Path, text: str, reason: str) -> None:
    path = lines(tmp_path, '{"a":"first"}', text, '{"a":"last"}')
    options = ReadOptions(limits=Limits(cell_characters=50))

    frame, [problem] = TestJsonLines().read(path, options)

    assert frame["a"].to_list() == ["first", "last"]
    assert problem.row == 2
    assert reason in problem.violation.text
    assert problem.raw[0].startswith(text[:40])
    assert '{"sku": "a1"' in problem.violation.mend_text


def test_bytes_that_are_no_utf8_cost_their_line(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a":"x"}\n{"a":"\xff"}\n')

    frame, [problem] = TestJsonLines().read(path)

    assert frame.rows() == [("x", 1)]
    assert problem.row == 2
