"""The tests that every exporter inherits, with the data that breaks naive ones.

Derive a test class, name an exporter and its options, and bring a parser that shares no code
with the exporter:

    class TestMine(ExporterTests):
        exporter = Mine()
        options = MineOptions()

        def read(self, data):
            return [{"id": [...], "title": [...]}, ...]
"""

from __future__ import annotations

import hashlib
import io
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import polars as pl
import pytest

from exporters.contract import (
    Exporter,
    Options,
    WriteContext,
    Written,
    describe_options,
    parse_options,
)

AWKWARD = {
    "plain": "Leather derby",
    "quotes": '12" boot, \'quoted\', ""twice""',
    "only_a_quote": '"',
    "markup": "<b>bold</b> & <![CDATA[x]]> ]]> &amp; &#13; --> <?pi?>",
    "tab": "before\tafter",
    "lines": "first\nsecond\r\nthird",
    "carriage_return": "before\rafter",
    "edges": "  spaces around  ",
    "separators": "a,b;c|d:e",
    "backslashes": "C:\\new\\table \\u0041 \\",
    "formula": '=HYPERLINK("http://example.com")',
    "number": "007.50",
    "cyrillic": "Ботинки «Дерби»",
    "japanese": "革靴・黒、サイズ38",
    "rtl": "نعال جلدية \u200f\u05e9\u05d7\u05d5\u05e8\u200e",
    "emoji": "👞 👩🏽‍🦰 🇬🇧",
    "combining": "e\u0301 \u00e9 ﬁ",
    "separators_of_unicode": "a\u2028b\u2029c\u0085d\u00a0e\ufefff",
    "control": "bell\x07 escape\x1b unit\x1f vertical\x0b null\x00 end",
    "nonchars": "x\ufffey\uffffz",
    "braces": "{} {0} %s ${x} {{y}}",
    "word_null": "null",
    "very_long": "длинный текст & " * 6_000,
}

CONTEXT = WriteContext(
    feed="shop-gb",
    as_of=datetime(2026, 12, 26, 6, 0, tzinfo=UTC),
    targets=("id", "title"),
    label='Shop & "Sons" <GB>',
    locale="en_GB",
    currency="GBP",
    channel="web",
    country="GB",
    link="https://shop.example/?a=1&b=2",
)

Item = dict[str, list[str]]


class Stream(io.RawIOBase):
    """A file that can only be written, as a pipe; it keeps a digest, not the bytes."""

    def __init__(self) -> None:
        self.total = 0
        self.largest = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Take the bytes."""
        self.total += len(data)
        self.largest = max(self.largest, len(data))
        self.digest.update(data)
        return len(data)


class ExporterTests(ABC):
    """What holds for every exporter.

    - `text_target` takes any text; `list_target` takes lists, None if nothing does.
    - `as_read` returns what the destination's format makes of a text, where it cannot be kept.
    """

    exporter: ClassVar[Exporter]
    options: ClassVar[Options]
    text_target: ClassVar[str] = "title"
    list_target: ClassVar[str | None] = "additional_image_link"

    @abstractmethod
    def read(self, data: bytes) -> list[Item]:
        """Parse a file independently: per item, the values of each target that is present."""

    @abstractmethod
    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        """Parse a delta independently: the items, and the ids that it takes away."""

    def as_read(self, text: str) -> str:
        """Return what a reader gets for a text; the text itself unless the format forbids it."""
        return text

    @property
    def key(self) -> str:
        """Return the target that identifies items."""
        return self.exporter.item_id(self.options)

    def frame(self, texts: list[str | None], *, prefix: str = "sku") -> pl.DataFrame:
        """Return a frame of items with these texts."""
        ids = [f"{prefix}-{number}" for number in range(len(texts))]
        types = {self.key: pl.String, self.text_target: pl.String}
        return pl.DataFrame({self.key: ids, self.text_target: texts}, schema=types)

    def write(self, *frames: pl.DataFrame, **how: Any) -> tuple[bytes, Written]:
        """Return the file of these frames and what the exporter says of it."""
        out = io.BytesIO()
        context = replace(CONTEXT, targets=(self.key, self.text_target))
        written = self.exporter.write(iter(frames), out, self.options, context=context, **how)
        return out.getvalue(), written

    @pytest.mark.parametrize("kind", AWKWARD)
    def test_awkward_text_reads_back_as_it_was(self, kind: str) -> None:
        data, _ = self.write(self.frame([AWKWARD[kind], "next"]))
        assert [item[self.text_target] for item in self.read(data)] == [
            [self.as_read(AWKWARD[kind])],
            ["next"],
        ]

    def test_a_file_without_items_can_be_read(self) -> None:
        data, written = self.write(self.frame([]))
        assert (self.read(data), written.items) == ([], 0)

    def test_no_frame_at_all_gives_the_file_of_the_mapped_targets(self) -> None:
        empty = self.frame([])
        assert self.write() == self.write(empty)

    def test_absent_and_empty_values_are_absent(self) -> None:
        data, _ = self.write(self.frame([None, "", "here"]))
        found = [item.get(self.text_target) for item in self.read(data)]
        assert found == [None, None, ["here"]]

    def test_lists_read_back_without_absent_values(self) -> None:
        if self.list_target is None:
            pytest.skip("this destination takes no lists")
        lists = [["a & b", "", 'c, "d"', None, "é"], [], None, ["one"]]
        column = pl.Series(self.list_target, lists, dtype=pl.List(pl.String))
        data, _ = self.write(self.frame(["w", "x", "y", "z"]).with_columns(column))
        found = [item.get(self.list_target) for item in self.read(data)]
        last = self.as_read("é")
        assert found == [["a & b", 'c, "d"', last], None, None, ["one"]]

    def test_items_keep_their_order_over_frames(self) -> None:
        data, written = self.write(self.frame(["a", "b"]), self.frame(["c"], prefix="other"))
        assert [item[self.key] for item in self.read(data)] == [["sku-0"], ["sku-1"], ["other-0"]]
        assert written.items == 3

    def test_the_cut_into_frames_does_not_show_in_the_bytes(self) -> None:
        whole = self.frame([*AWKWARD.values(), None])
        pieces = whole.iter_slices(3)
        assert self.write(whole)[0] == self.write(*pieces)[0]

    def test_the_same_items_give_the_same_bytes(self) -> None:
        frame = self.frame([f"shoe {number}" for number in range(5_000)])
        assert self.write(frame)[0] == self.write(frame)[0]

    def test_bytes_are_counted(self) -> None:
        data, written = self.write(self.frame([AWKWARD["japanese"], "x"]))
        assert written.bytes == len(data)

    def test_100_000_items_pass_through_at_constant_memory(self) -> None:
        made: list[weakref.ref[pl.DataFrame]] = []
        most = 0

        def frames() -> Iterator[pl.DataFrame]:
            nonlocal most
            for number in range(20):
                frame = self.frame(["Leather derby, black"] * 5_000, prefix=f"f{number}")
                made.append(weakref.ref(frame))
                most = max(most, sum(each() is not None for each in made))
                yield frame

        out = Stream()
        written = self.exporter.write(frames(), out, self.options, context=CONTEXT)  # type: ignore[arg-type]  # RawIOBase is a BinaryIO in all but name
        assert (written.items, written.bytes) == (100_000, out.total)
        assert most <= 3
        assert out.largest < out.total / 10

    def test_frames_that_differ_are_refused(self) -> None:
        other = self.frame(["b"]).rename({self.text_target: "another"})
        with pytest.raises(ValueError, match="frames differ"):
            self.write(self.frame(["a"]), other)

    def test_a_delta_says_what_changed_and_what_went(self) -> None:
        if self.exporter.capabilities.delta != "upsert_and_delete":
            pytest.skip("this destination takes no removals in a delta")
        gone = ["gone-1", 'gone <&> "2"', "ушло-3"]
        data, written = self.write(self.frame(["changed"]), delta=True, removed=iter(gone))
        items, removed = self.read_removed(data)
        assert [item[self.text_target] for item in items] == [["changed"]]
        assert removed == gone
        assert (written.items, written.removed) == (1, 3)

    def test_a_delta_may_hold_removals_only(self) -> None:
        if self.exporter.capabilities.delta != "upsert_and_delete":
            pytest.skip("this destination takes no removals in a delta")
        data, _ = self.write(self.frame([]), delta=True, removed=["gone"])
        assert self.read_removed(data) == ([], ["gone"])

    def test_removals_in_a_whole_file_are_refused(self) -> None:
        with pytest.raises(ValueError, match="removed items belong into a delta"):
            self.write(self.frame(["a"]), removed=["gone"])

    def test_every_option_has_a_default_and_a_line_for_people(self) -> None:
        schema = describe_options(type(self.options))["properties"]
        assert all(each["description"] and "default" in each for each in schema.values())
        defaults = {name: each["default"] for name, each in schema.items()}
        assert parse_options(type(self.options), defaults) == type(self.options)()

    def test_rule_codes_are_unique(self) -> None:
        codes = [rule.code for rule in self.exporter.requirements(self.options).rules()]
        assert len(codes) == len(set(codes))

    def test_names_are_fit_for_files_and_headers(self) -> None:
        name = self.exporter.file_name(self.options)
        assert "/" not in name
        assert "." in name
        assert "/" in self.exporter.media_type(self.options)
