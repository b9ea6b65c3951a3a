"""Read the demo's own data: tables (CSV), settings (TOML), documents (JSON)."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

#: The demo's languages, in the order of every table of words.
LOCALES = ("en_GB", "de_DE", "fr_FR", "ru_RU", "ja_JP")

Row = dict[str, str]


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return the rows of `data/<name>.csv`."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter=";"))


@cache
def keyed(name: str, key: str = "code") -> dict[str, Row]:
    """Return the rows of a table by a column whose values differ."""
    return {row[key]: row for row in table(name)}


@cache
def matching(name: str, key: str, value: str) -> tuple[Row, ...]:
    """Return the rows of a table that have a value in a column."""
    return tuple(row for row in table(name) if row[key] == value)


@cache
def settings(name: str) -> dict[str, Any]:
    """Return the content of `data/<name>.toml`."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def option_label(attribute: str, code: str, locale: str) -> str:
    """Return the label of an attribute's option."""
    rows = matching("structure/attribute_options", "attribute", attribute)
    return next(row[f"label-{locale}"] for row in rows if row["code"] == code)
