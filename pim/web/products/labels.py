"""What things are called on a page: labels in the chosen locale, else the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell, get
from pim.projection import Reading
from pim.projection.columns import of_cell
from pim.web.context_bar import Chosen


def label(thing: Any, locale: str | None) -> str:
    """Return a thing's label in a locale, else its code."""
    return "" if thing is None else thing.labels.get(locale or "", "") or thing.code


def cell_of(attribute: Attribute, chosen: Chosen) -> Cell:
    """Return the cell of an attribute at the chosen channel and locale."""
    return Cell(
        attribute.code,
        (chosen.scope or ALL) if attribute.scopable else ALL,
        (chosen.locale or ALL) if attribute.localizable else ALL,
    )


def value_of(
    code: str | None, document: Mapping[str, Any], structure: Structure, chosen: Chosen
) -> Any:
    """Return the data of a family's label or picture attribute in a document."""
    attribute = structure.attributes.get(code)
    return get(document, cell_of(attribute, chosen)) if attribute else None


def columns_by_family(structure: Structure, chosen: Chosen, role: str) -> dict[str, list[int]]:
    """Map the column of each label (or image) attribute to the families that use it."""
    found: dict[str, list[int]] = {}
    for family in structure.families:
        attribute = structure.attributes.get(getattr(family, role))
        if attribute:
            name = of_cell(attribute, cell_of(attribute, chosen)).name
            found.setdefault(name, []).append(family.id)
    return found


def texts(
    reading: Reading, frame: pl.DataFrame, columns: Mapping[str, list[int]], name: str
) -> pl.Series:
    """Return each row's text from the column that its family names."""
    choices = [
        pl.when(pl.col("family").is_in(ids)).then(pl.col(column).cast(pl.String))
        for column, ids in columns.items()
    ]
    empty = pl.repeat(None, pl.len(), dtype=pl.String)
    return frame.select((pl.coalesce(choices) if choices else empty).alias(name)).to_series()
