"""The tree of categories that a file begins with, gathered from what its offers name.

An offer says where it belongs by the path of codes in `categoryId` ("women > women_pumps") and by
the path of names in `category`. YML wants numbers. They must stay the same for ever, whatever is
renamed or moved, so a code that is a number is its own id, and any other one's id comes from a
digest of the code alone.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import polars as pl

from exporters.contract.writing import present
from exporters.yandex_market.markup import attributes, escaped_text
from pim.domain.violations import Violation
from pim.errors import Refused

ID, NAME = "categoryId", "category"
_PLAIN = re.compile(r"[1-9][0-9]{0,17}")
#: Eighteen digits at most, as the format says: the largest number below is 10**17.
_LARGEST = 10**17


def number_of(code: str) -> int:
    """Return the id of a category by its code, letter case apart."""
    if _PLAIN.fullmatch(code):
        return int(code)
    digest = blake2b(code.casefold().encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _LARGEST + 1


class Categories:
    """Categories seen so far, each behind its parent."""

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._ids: dict[str, int] = {}
        self._codes: dict[int, str] = {}
        self._elements: list[str] = []

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with numbers in `categoryId`, its categories taken into the tree."""
        if ID not in frame.columns:
            return frame
        name = present(NAME) if NAME in frame.columns else pl.lit(None, pl.String).alias(NAME)
        pairs = frame.select(present(ID), name).filter(pl.col(ID).is_not_null())
        for path, names in pairs.unique(subset=ID, keep="first", maintain_order=True).iter_rows():
            if path not in self._ids:
                self._ids[path] = self._add(path, names)
        numbers = {path: str(number) for path, number in self._ids.items()}
        if not numbers:
            return frame
        return frame.with_columns(
            pl.col(ID).replace_strict(numbers, default=None, return_dtype=pl.String)
        )

    def elements(self) -> str:
        """Return the `<category>` elements, parents first, in the order of their offers."""
        return "".join(self._elements)

    def _add(self, path: str, names: str | None) -> int:
        codes = path.split(self._separator)
        shown = (names or path).split(self._separator)
        if len(shown) != len(codes):
            shown = [*codes[:-1], shown[-1]]
        parent = 0
        for code, name in zip(codes, shown, strict=True):
            parent = self._level(code.strip(), name.strip(), parent)
        return parent

    def _level(self, code: str, name: str, parent: int) -> int:
        number = number_of(code)
        known = self._codes.get(number)
        if known is None:
            self._codes[number] = code
            given = {"id": str(number), **({"parentId": str(parent)} if parent else {})}
            self._elements.append(
                f"<category{attributes(given)}>{escaped_text(name or code)}</category>\n"
            )
        elif known.casefold() != code.casefold():
            raise Refused("Two categories would have the same id", [_clash(code, known)])
        return number


def _clash(code: str, other: str) -> Violation:
    return Violation(
        code="yml.category_clash",
        path=ID,
        message='The categories "{code}" and "{other}" would have the same number',
        parameters={"code": code, "other": other},
        value=code,
        mend="Rename one of the two codes, or map {path} to numbers of your own",
    )
