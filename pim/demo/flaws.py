"""Leave gaps and faults in the catalogue, so that there is something to find and to mend.

`data/flaws.csv` names them: which row, which column, what stands there instead ("" empties it),
and what they show. Rows are counted, so they hold whatever the seed draws.
"""

from __future__ import annotations

from collections.abc import Sequence

from pim.demo import source
from pim.demo.flat import Values
from pim.demo.source import Row

#: Characters that no editor shows, by the names that the table uses for them.
HIDDEN = {"{zwsp}": "\u200b", "{soft hyphen}": "\u00ad", "{replacement}": "\ufffd"}


def apply(
    styles: Sequence[Values], colourways: Sequence[Values], products: Sequence[Values]
) -> None:
    """Change rows in place as the table says; the row's number counts within its level."""
    levels = {"style": styles, "colourway": colourways, "product": products}
    for flaw in source.table("flaws"):
        row = levels[flaw["level"]][int(flaw["row"])]
        for column in _columns(flaw, row):
            row[column] = _written(flaw, row.get(column, ""))


def _columns(flaw: Row, row: Values) -> list[str]:
    """Return the columns that a flaw touches: one, or all that begin alike ("price-*")."""
    name = flaw["column"]
    if not name.endswith("*"):
        return [name]
    return [column for column in row if column.startswith(name[:-1])]


def _written(flaw: Row, before: str) -> str:
    text = flaw["value"].replace("{old}", before).replace("{OLD}", before.upper())
    for name, character in HIDDEN.items():
        text = text.replace(name, character)
    return text
