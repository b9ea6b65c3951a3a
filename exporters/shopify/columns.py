"""Columns of the product CSV: what a target is called in each template, and which rows hold it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from exporters.contract.options import option_problem
from pim.errors import Refused

#: `key`: every row; `product`: the product's first row; `first`: the first row, options' names;
#: `variant`: every variant's row; `image`: as many rows as there are pictures.
Level = Literal["key", "product", "first", "variant", "image"]
Kind = Literal["text", "list", "boolean", "lower", "policy"]

IMAGES, ALT, POSITION, KEY = "image", "image_alt", "image_position", "handle"
_METAFIELD = re.compile(r"metafield\.(?:([^.]*)\.)?([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_MARKET = re.compile(r"(included|price|compare_at_price)\.(.+)")
_MARKETS = {
    "included": ("Included / {}", "Included / {}"),
    "price": ("Price / {}", "Price / {}"),
    "compare_at_price": ("Compare-at price / {}", "Compare At Price / {}"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its target, its rows, how its values are spelled, its name."""

    target: str
    level: Level
    kind: Kind
    header: str


@cache
def known(template: str) -> tuple[Column, ...]:
    """Return the columns of a template, in its order: the classic one begins with the handle."""
    text = files("exporters.shopify").joinpath("columns.csv").read_text(encoding="utf-8")
    columns = tuple(
        Column(row["target"], row["level"], row["kind"], row[template])  # type: ignore[arg-type]  # the file holds nothing else, and a test says so
        for row in csv.DictReader(text.splitlines())
    )
    if template == "current":
        return columns
    return tuple(sorted(columns, key=lambda each: each.target != KEY))


def chosen(targets: Iterable[str], template: str) -> tuple[Column, ...]:
    """Return the columns of a file: the template's, then metafields and markets as mapped.

    Pictures have their position with them. Raises Refused for a target that is no column.
    """
    asked = dict.fromkeys(targets)
    if IMAGES in asked:
        asked[POSITION] = None
    own = tuple(each for each in known(template) if each.target in asked)
    names = {each.target for each in own}
    return (*own, *(_further(target, template) for target in asked if target not in names))


def _further(target: str, template: str) -> Column:
    if found := _METAFIELD.fullmatch(target):
        label, namespace, key = found.groups()
        header = f"{label or key} (product.metafields.{namespace}.{key})"
        return Column(target, "product", "text", header)
    if found := _MARKET.fullmatch(target):
        headers = _MARKETS[found[1]]
        header = headers[0 if template == "current" else 1].format(found[2])
        kind: Kind = "boolean" if found[1] == "included" else "text"
        return Column(target, "product" if found[1] == "included" else "variant", kind, header)
    mend = "Use a name of docs/formats/shopify.md, or metafield.NAMESPACE.KEY"
    raise Refused(f"{target} is no column of this file", [option_problem(target, target, mend)])
