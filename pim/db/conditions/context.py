"""What every part of the compiler shares: parameters, and the cells that count for a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl

from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.errors import Refused

Table = Literal["product", "product_model"]

#: Returns the ids of the products of which a fact holds: the field (published_in, rejected_by) and
#: codes of feeds, None for any feed. Raises Refused for a feed that is not there.
Facts = Callable[[str, Sequence[str] | None], pl.Series]

#: The aliases that may hold a row's values, nearest first.
ALIASES: Final = ("e", "p1", "p2")


def source(table: Table) -> str:
    """Return the tables of a FROM clause under the aliases e, p1 and p2."""
    return (
        f"{table} e LEFT JOIN product_model p1 ON p1.id = e.parent_id"
        " LEFT JOIN product_model p2 ON p2.id = p1.parent_id"
    )


def storable(text: str) -> bool:
    """Tell whether PostgreSQL can hold a text; no value equals one that it cannot."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def nobody_knows(field: str) -> Refused:
    """Return what to raise for a field that feeds answer, where no feed can be asked."""
    return Refused(
        f"A condition asks for {field}, which hangs on publications and can only choose products "
        "for lists, exports and edits: take it out here."
    )


@dataclass(kw_only=True)
class CellReader:
    """Writes SQL over rows of a table and their values; keeps the parameters so far."""

    structure: Structure
    table: Table = "product"
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def of_models(self) -> bool:
        """Tell whether the rows are product models."""
        return self.table == "product_model"

    @property
    def variant(self) -> str:
        """Return the column of the row's family variant; null for simple products."""
        return "e.family_variant_id" if self.of_models else "p1.family_variant_id"

    def bind(self, value: Any, kind: str) -> str:
        """Return the SQL of a bound parameter of an SQL type."""
        name = f"where_{len(self.parameters) + 1}"
        self.parameters[name] = value
        return f"CAST(:{name} AS {kind})"

    def texts(self, values: list[str]) -> str:
        """Return a bound array of those texts that the database can hold at all."""
        return self.bind([value for value in values if storable(value)], "text[]")

    def cell(self, cell: Cell) -> str:
        """Return the JSONB of the cell that counts: the row's own, else the nearest one above.

        A level that may not hold the attribute is passed over, as `inheritance.resolve` does.
        """
        path = self.bind(list(cell), "text[]")
        return self._nearest(lambda alias: f"{alias}.values #> {path}", cell.attribute)

    def _nearest(self, value: Callable[[str], str], attribute: str) -> str:
        held = []
        for alias in ALIASES:
            guard = self._barred(attribute, alias)
            found = value(alias)
            held.append(f"CASE WHEN {guard} THEN NULL ELSE {found} END" if guard else found)
        return f"coalesce({', '.join(held)})"

    def _barred(self, attribute: str, alias: str) -> str | None:
        """Return the test of whether a level must not hold an attribute; None if it may anyway."""
        if alias == "e" and not self.of_models:
            barred = self.barred(attribute, None)
            return f"{self.variant} = ANY({self.bind(barred, 'bigint[]')})" if barred else None
        root, below = self.barred(attribute, 0), self.barred(attribute, 1)
        if not root and not below:
            return None
        ids = [self.bind(found, "bigint[]") for found in (root, below)]
        top = f"CASE WHEN {alias}.parent_id IS NULL THEN {ids[0]} ELSE {ids[1]} END"
        return f"{self.variant} = ANY({top})"

    def barred(self, attribute: str, level: int | None) -> list[int]:
        """Return the family variants whose level may not hold an attribute; None: the product's."""
        return [
            variant.id
            for variant in self.structure.family_variants
            if not variant.holds(attribute, len(variant.levels) if level is None else level)
        ]


@dataclass(kw_only=True)
class Compiler(CellReader):
    """One compilation of a condition; `now` is what relative dates start from."""

    now: datetime
    facts: Facts | None = None
    #: The rows that are asked about, where facts may know many more.
    among: Sequence[int] | None = None
