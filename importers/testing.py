"""Tests that every import format inherits: subclass `ImporterTests`, say how to write a file.

```python
class TestCsv(ImporterTests):
    importer = CsvImporter()

    def write(self, path, rows):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
```
"""

from __future__ import annotations

import tracemalloc
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from importers.contract import ROW, Importer, ReadOptions, RowProblem
from pim.errors import Refused

AWKWARD = (
    "007",
    "1e5",
    "1111111217",
    "4.0E+12",
    "NaN",
    "null",
    "N/A",
    "#N/A",
    "TRUE",
    " spaces around ",
    "a\nline\n\nbreak",
    'double "quotes" and, a comma; a semicolon',
    "'leading apostrophe",
    "=1+1",
    "@sum",
    "-5",
    "+49 30",
    "<b>markup</b> &amp; &",
    "Кожаные туфли «Ёлка»",
    "革靴 👞 👨‍👩‍👧",
    "e\u0301 is not é",
    "\u202eright to left",
    "non\u00a0breaking",
    "tab\tinside",
    "C:\\temp\\new",
    "_x0041_",
)
MANY_ROWS = 30_000
MEMORY_FOR_MANY_ROWS = 64 * 1024 * 1024


class ImporterTests(ABC):
    """What any format must do with any content."""

    importer: ClassVar[Importer]
    #: The number of the first row; 1 where a format has no header row.
    first_row: ClassVar[int] = 2

    @abstractmethod
    def write(self, path: Path, rows: Iterable[Sequence[str]]) -> None:
        """Write text cells as a file of the format, by other means than ours."""

    def file(self, folder: Path, rows: Iterable[Sequence[str]]) -> Path:
        """Return a new file with these rows, the first being the header."""
        path = folder / f"sheet{self.importer.suffixes[0]}"
        self.write(path, rows)
        return path

    def read(
        self, path: Path, options: ReadOptions | None = None
    ) -> tuple[pl.DataFrame, list[RowProblem]]:
        """Return all rows and all problems of a file."""
        with self.importer.open(path, options or ReadOptions()) as sheet:
            batches = list(sheet.batches)
            schema = {**dict.fromkeys(sheet.header, pl.String), ROW: pl.UInt32}
        frames = [pl.DataFrame(schema=schema), *(batch.frame for batch in batches)]
        return pl.concat(frames), [each for batch in batches for each in batch.problems]

    def test_awkward_texts_arrive_as_typed(self, tmp_path: Path) -> None:
        rows = [("sku", "text"), *((f"s{n}", text) for n, text in enumerate(AWKWARD))]

        frame, problems = self.read(self.file(tmp_path, rows))

        assert frame["text"].to_list() == list(AWKWARD)
        assert problems == []

    def test_every_column_is_text_and_rows_are_numbered(self, tmp_path: Path) -> None:
        frame, _ = self.read(self.file(tmp_path, [("sku", "n"), ("a", "1"), ("b", "2")]))

        assert frame.schema == {"sku": pl.String, "n": pl.String, ROW: pl.UInt32}
        first = self.first_row
        assert frame.rows() == [("a", "1", first), ("b", "2", first + 1)]

    def test_an_empty_cell_is_an_empty_text(self, tmp_path: Path) -> None:
        frame, _ = self.read(
            self.file(tmp_path, [("sku", "a", "b"), ("x", "", ""), ("y", "", "1")])
        )

        first = self.first_row
        assert frame.rows() == [("x", "", "", first), ("y", "", "1", first + 1)]

    def test_rows_without_content_are_no_rows_but_count(self, tmp_path: Path) -> None:
        frame, problems = self.read(
            self.file(tmp_path, [("sku", "a"), ("x", "1"), ("", ""), ("y", "2")])
        )

        assert frame[ROW].to_list() == [self.first_row, self.first_row + 2]
        assert problems == []

    def test_header_names_are_trimmed(self, tmp_path: Path) -> None:
        frame, _ = self.read(self.file(tmp_path, [(" sku ", "name-en_GB\u00a0"), ("x", "y")]))

        assert frame.columns == ["sku", "name-en_GB", ROW]

    @pytest.mark.parametrize(
        ("header", "named"),
        [
            (("sku", "name", "sku", "name"), ("sku", "1, 3", "name", "2, 4")),
            (("sku", "", "name"), ("column 2",)),
            (("sku", ROW), (ROW,)),
        ],
    )
    def test_a_header_that_cannot_be_used_is_refused_by_name(
        self, tmp_path: Path, header: Sequence[str], named: Sequence[str]
    ) -> None:
        path = self.file(tmp_path, [header, ["x"] * len(header)])

        with pytest.raises(Refused) as refusal:
            self.read(path)

        assert all(name in str(refusal.value) for name in (path.name, *named))

    def test_columns_without_name_and_content_at_the_end_are_none(self, tmp_path: Path) -> None:
        frame, problems = self.read(self.file(tmp_path, [("sku", "", ""), ("x", "", "")]))

        assert frame.rows() == [("x", 2)]
        assert problems == []

    def test_a_cell_under_no_name_is_a_problem_of_its_row(self, tmp_path: Path) -> None:
        frame, problems = self.read(
            self.file(tmp_path, [("sku", "", ""), ("x", "", "lost"), ("y", "", "")])
        )

        assert frame.rows() == [("y", 3)]
        assert [problem.row for problem in problems] == [2]

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / f"empty{self.importer.suffixes[0]}"
        path.write_bytes(b"")

        with pytest.raises(Refused, match=r"empty\."):
            self.read(path)

    def test_a_header_alone_has_no_rows(self, tmp_path: Path) -> None:
        frame, problems = self.read(self.file(tmp_path, [("sku", "name")]))

        assert frame.height == 0
        assert problems == []

    def test_a_huge_cell_arrives_whole(self, tmp_path: Path) -> None:
        text = "long " * 6_500

        frame, _ = self.read(self.file(tmp_path, [("sku", "text"), ("x", text)]))

        assert frame["text"].item() == text

    def test_many_rows_are_read_in_batches_at_constant_memory(self, tmp_path: Path) -> None:
        rows = ([f"sku{n}", *(f"value {n} {c}" for c in range(9))] for n in range(MANY_ROWS))
        header = ["sku", *(f"c{c}" for c in range(9))]
        path = self.file(tmp_path, (row for part in ([header], rows) for row in part))

        tracemalloc.start()
        with self.importer.open(path, ReadOptions(batch_rows=1_000)) as sheet:
            heights = [batch.frame.height for batch in sheet.batches]
            total = sheet.total
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert sum(heights) == MANY_ROWS
        assert max(heights) == 1_000
        assert peak < MEMORY_FOR_MANY_ROWS
        assert total in (None, MANY_ROWS)
