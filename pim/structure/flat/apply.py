"""Apply the rows of one flat file of the structure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from pim.db.unit_of_work import Work
from pim.structure.flat import trees
from pim.structure.flat.columns import Layout
from pim.structure.flat.entities import LAYOUTS, noun_of
from pim.structure.flat.reading import (
    Blank,
    Parsed,
    Row,
    RowOutcome,
    in_columns,
    note_unknown_columns,
    parse,
)
from pim.structure.service import Noun, save

CHUNK = 20_000


def apply_rows(
    work: Work,
    entity: str,
    rows: Iterable[Row],
    *,
    change_set_id: int | None,
    blank: Blank = "keep",
) -> Iterator[RowOutcome]:
    """Create or update one thing per row, and yield what became of each row in their order.

    A bad row is rejected and the good ones are applied. A column that is absent leaves its field
    alone; what a blank cell does, `blank` says. Rows of categories may name parents that follow.
    """
    layout, noun = LAYOUTS[entity], noun_of(entity)
    seen: dict[str, int] = {}
    parsed_rows = _parsed(layout, rows, blank)
    size = None if entity == "categories" else CHUNK  # a parent may stand anywhere in the file
    while chunk := list(islice(parsed_rows, size)):
        for parsed in chunk:
            _note_duplicate(noun, parsed, seen)
        if entity == "categories":
            trees.note_cycles(chunk)
        yield from _apply(work, noun, layout, chunk, change_set_id)


def _parsed(layout: Layout, rows: Iterable[Row], blank: Blank) -> Iterator[Parsed]:
    for position, row in enumerate(rows):
        parsed = parse(layout, row, blank=blank)
        if position == 0:
            note_unknown_columns(layout, parsed)
        yield parsed


def _note_duplicate(noun: Noun, parsed: Parsed, seen: dict[str, int]) -> None:
    """Note a row about the same thing as an earlier one of the file."""
    if parsed.findings.errors:
        return
    key = noun.key(parsed.document)
    first = seen.setdefault(key.casefold(), parsed.row.number)
    if first != parsed.row.number:
        parsed.findings.add(
            "duplicate",
            "code",
            'Rows {first} and {second} are both about "{value}".',
            value=key,
            mend="Keep one of them; row {first} was applied.",
            first=first,
            second=parsed.row.number,
        )


def _apply(
    work: Work, noun: Noun, layout: Layout, chunk: Sequence[Parsed], change_set_id: int | None
) -> Iterator[RowOutcome]:
    good = [parsed for parsed in chunk if not parsed.findings.errors]
    ordered = trees.parents_first(good) if noun.code == "category" else good
    outcomes = save(work, noun, [p.document for p in ordered], change_set_id=change_set_id)
    by_row = {p.row.number: outcome for p, outcome in zip(ordered, outcomes, strict=True)}
    for parsed in chunk:
        outcome = by_row.get(parsed.row.number)
        found = (*parsed.findings, *(outcome.violations if outcome else ()))
        yield RowOutcome(
            number=parsed.row.number,
            status=outcome.status if outcome else "rejected",
            violations=tuple(in_columns(layout, found)),
            key=outcome.key if outcome else str(parsed.document.get("code", "")),
        )
