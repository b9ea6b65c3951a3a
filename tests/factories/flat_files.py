"""A folder of flat files read on its own terms: what a catalogue says, without our code."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

Cells = dict[str, str]


class FlatFiles:
    """Products, models and structure of one folder; codes are compared without regard to case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, entity: str) -> list[Cells]:
        """Return the rows of a file."""
        with (self.folder / f"{entity}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, delimiter=";", restval=""))

    @cached_property
    def products(self) -> dict[str, Cells]:
        """Return products by identifier."""
        return {row["sku"]: row for row in self.rows("products")}

    @cached_property
    def models(self) -> dict[str, Cells]:
        """Return models by code in lower case."""
        return {row["code"].lower(): row for row in self.rows("product_models")}

    @cached_property
    def variants(self) -> dict[str, dict[str, int]]:
        """Return by family variant which level, 1 or 2, owns an attribute; the root owns others."""
        return {
            row["code"].lower(): {
                attribute: level
                for level in (1, 2)
                for kind in ("attributes", "axes")
                for attribute in filter(None, row[f"variant-{kind}_{level}"].split(","))
            }
            for row in self.rows("family_variants")
        }

    @cached_property
    def categories(self) -> dict[str, Cells]:
        """Return categories by code in lower case."""
        return {row["code"].lower(): row for row in self.rows("categories")}

    @cached_property
    def labels(self) -> dict[tuple[str, str], str]:
        """Return the English label of every option by attribute and code in lower case."""
        return {
            (row["attribute"].lower(), row["code"].lower()): row["label-en_US"]
            for row in self.rows("attribute_options")
        }

    def lineage(self, sku: str) -> list[Cells]:
        """Return a product's rows from its root model to itself."""
        lines = [self.products[sku]]
        while parent := lines[0]["parent"]:
            lines.insert(0, self.models[parent.lower()])
        return lines

    def root(self, sku: str) -> str:
        """Return the code of a product's root model, empty for a simple product."""
        return self.lineage(sku)[0].get("code", "")

    def value(self, sku: str, column: str) -> str:
        """Return a product's cell from the level that owns its attribute."""
        lines = self.lineage(sku)
        if len(lines) == 1:
            return lines[0].get(column, "")
        owners = self.variants[lines[0]["family_variant"].lower()]
        return lines[owners.get(column.partition("-")[0], 0)].get(column, "")

    def first(self, sku: str, *columns: str) -> str:
        """Return the first of some cells that is not empty."""
        return next(filter(None, (self.value(sku, column) for column in columns)), "")

    def label(self, sku: str, attribute: str) -> str:
        """Return the label of a product's option."""
        code = self.value(sku, attribute)
        return self.labels[attribute, code.lower()] if code else ""

    def category_codes(self, sku: str) -> set[str]:
        """Return a product's categories with those of its models, in lower case."""
        return {
            code.lower()
            for row in self.lineage(sku)
            for code in filter(None, row["categories"].split(","))
        }

    def paths(self, sku: str, tree: str) -> set[str]:
        """Return the paths of labels of a product's deepest categories in a tree."""
        lines = [list(self._upwards(code)) for code in self.category_codes(sku)]
        inside = [line[::-1] for line in lines if line[-1]["code"] == tree]
        deepest = max(map(len, inside), default=0)
        return {
            " > ".join(category["label-en_US"] for category in line[1:])
            for line in inside
            if len(line) == deepest and deepest > 1
        }

    def _upwards(self, code: str) -> Iterator[Cells]:
        while code:
            yield self.categories[code.lower()]
            code = self.categories[code.lower()]["parent"]

    def image_address(self, base: str, sku: str, *columns: str) -> str:
        """Return the web address of the first picture, which is named after its bytes."""
        name = self.first(sku, *columns)
        if not name:
            return ""
        path = self.folder / name
        digest = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
        return f"{base}/{'/'.join(digest[:4])}/{digest}_{path.name}"
