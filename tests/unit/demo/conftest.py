"""The demo's flat files, written once, without pictures."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from pim.demo.build import write
from pim.demo.kids_line import write_kids_line

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@dataclass(frozen=True)
class Catalogue:
    """The tables of a folder."""

    folder: Path
    below: Catalogue | None = None

    def __getitem__(self, name: str) -> list[Row]:
        path = self.folder / f"{name}.csv"
        own = read(path) if path.exists() else []
        return own + (self.below[name] if self.below else [])

    def codes(self, name: str, column: str = "code") -> set[str]:
        return {row[column] for row in self[name]}

    @cached_property
    def attributes(self) -> dict[str, Row]:
        return {row["code"]: row for row in self["attributes"]}

    @cached_property
    def rows(self) -> list[Row]:
        return [*self["product_models"], *self["products"]]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory) -> Catalogue:
    folder = tmp_path_factory.mktemp("demo")
    write(folder, pictures=False)
    return Catalogue(folder)


@pytest.fixture(scope="session")
def kids_line(tmp_path_factory, catalogue) -> Catalogue:
    folder = tmp_path_factory.mktemp("line")
    write_kids_line(folder)
    return Catalogue(folder, below=catalogue)
