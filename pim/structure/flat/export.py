"""Export the structure in the flat format: what is exported imports again as unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pim.structure import queries
from pim.structure.flat.columns import Column
from pim.structure.flat.entities import LAYOUTS, noun_of

Header = tuple[str, ...]


def export_rows(session: queries.Readable, entity: str) -> tuple[Header, Iterator[tuple[str, ...]]]:
    """Return the header and the rows of a structure entity, cells in the header's order."""
    noun = noun_of(entity)
    documents = [noun.document(t) for t in noun.everything(queries.current(session))]
    columns = LAYOUTS[entity].expanded(documents)
    header = tuple(column.header for column in columns)
    return header, (tuple(_cell(document, c) for c in columns) for document in documents)


def _cell(document: Mapping[str, Any], column: Column) -> str:
    place: Any = document
    for step in column.path:
        place = place.get(step) if place else None
    return column.form.show(place)
