"""Find what people have listed: by identifier or code, without regard to case, or by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from pim.domain.conditions import Condition, Leaf
from pim.editing.selections.document import Name
from pim.editing.selections.pasted import Pasted
from pim.projection import Reading
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS

EVERY_LEVEL = (*PRODUCT_LEVELS, *MODEL_LEVELS)


@dataclass
class Listed:
    """What a list names: ids in its order, names that nothing has, names that came twice."""

    ids: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def take(self, name: str, number: int | None) -> None:
        """Note a name and what it leads to."""
        if number is None:
            self.unknown.append(name)
        elif number in self._seen:
            self.duplicates.append(name)
        else:
            self._seen.add(number)
            self.ids.append(number)

    def __post_init__(self) -> None:
        self._seen: set[int] = set()


def find_names(reading: Reading, names: Sequence[Name]) -> Listed:
    """Return what ids and identifiers lead to."""
    numbers = [name for name in names if isinstance(name, int)]
    there = set(_rows(reading, ["id"], pl.Series("id", numbers, dtype=pl.Int64))["id"])
    known = _known(reading, [name for name in names if isinstance(name, str)])
    listed = Listed()
    for name in names:
        found = known.get(name) if isinstance(name, str) else name if name in there else None
        listed.take(str(name), found)
    return listed


def find_pasted(reading: Reading, pasted: Sequence[Pasted]) -> Listed:
    """Return what pasted identifiers lead to; one with spaces may be several.

    It is several when nothing bears the whole as its name and some part names something.
    """
    known = _known(reading, {name for each in pasted for name in (each.text, *each.parts)})
    listed = Listed()
    for each in pasted:
        whole = each.text in known or not any(part in known for part in each.parts)
        for name in (each.text,) if whole else each.parts:
            listed.take(name, known.get(name))
    return listed


def _known(reading: Reading, names: Iterable[str]) -> dict[str, int]:
    """Return the id of each name that something has; a product comes before a model."""
    wanted = pl.DataFrame({"name": sorted({*names} - {""})}, schema={"name": pl.String})
    if wanted.is_empty():
        return {}
    leaf = Leaf(field="identifier", operator="IN", value=wanted["name"].to_list())
    ids = reading.matching(Condition(root=leaf), levels=EVERY_LEVEL)
    found = _rows(reading, ["id", "identifier", "level"], ids).sort(
        pl.col("level").is_in(MODEL_LEVELS), maintain_order=True
    )
    lower = pl.col("identifier").str.to_lowercase()
    first = found.with_columns(lower).unique("identifier", keep="first", maintain_order=True)
    named = wanted.with_columns(pl.col("name").str.to_lowercase().alias("identifier"))
    joined = named.join(first, on="identifier")
    return dict(zip(joined["name"], joined["id"], strict=True))


def _rows(reading: Reading, names: Sequence[str], ids: pl.Series) -> pl.DataFrame:
    return reading.frame(names, ids=ids.unique().sort(), levels=EVERY_LEVEL)
