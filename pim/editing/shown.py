"""What people see of an outcome: each cell with its data before and after, and its fate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from pim.domain.structure import ALL, Codes, Structure
from pim.domain.values import Cell, merge
from pim.domain.violations import Violation
from pim.editing.outcomes import Outcome
from pim.rules.guard import READ_ONLY

CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
INVALID: Final = "invalid"
NOT_PERMITTED: Final = "not_permitted"
OUTCOMES: Final = (CHANGED, UNCHANGED, INVALID, NOT_PERMITTED)

#: What a product is beside its values, in the order in which outcomes read it.
PARTS: Final = ("enabled", "categories", "groups")


class Shown(NamedTuple):
    """One cell: its address, its column, JSON texts of its data, and why it stays if it must.

    `attribute` is that of a value, or what else of a product changes: status, categories.
    """

    attribute: str
    scope: str | None
    locale: str | None
    field: str
    before: str | None
    after: str | None
    outcome: str
    code: str | None = None
    reason: str | None = None
    mend: str | None = None


def cells_shown(
    cells: Sequence[Cell], texts: Sequence[str | None], outcome: Outcome
) -> list[Shown]:
    """Return what becomes of cells, whose texts come first among `texts`."""
    patch = orjson.loads(outcome.after)["values"] if outcome.after else {}
    faults = {violation.path: violation for violation in reversed(outcome.violations)}
    return [
        _cell(cell, stored, patch, faults.get(cell.column))
        for cell, stored in zip(cells, texts, strict=False)
    ]


def refused_shown(cell: Cell, violation: Violation) -> Shown:
    """Return a cell that its product cannot have at all."""
    return _cell(cell, None, {}, violation)


def entity_shown(
    attribute: str, texts: Sequence[str | None], outcome: Outcome, structure: Structure
) -> Shown:
    """Return status, categories or groups, whose texts stand in this order."""
    stored = orjson.loads(texts[PARTS.index(attribute)] or "null")
    patch = orjson.loads(outcome.after)[attribute] if outcome.after else None
    after = stored
    if isinstance(patch, Mapping):
        after = [i for i in stored if str(i) not in patch]
        after += [int(i) for i, member in patch.items() if member]
    elif outcome.after:
        after = patch
    if attribute != "enabled" and stored is not None:
        known = getattr(structure, attribute)
        stored, after = _codes(stored, known), _codes(after, known)
    state = INVALID if outcome.invalid else CHANGED if outcome.changed else UNCHANGED
    return Shown(
        attribute, None, None, attribute, _json(stored), _json(after), state,
        *_why(next(iter(outcome.violations), None)),
    )  # fmt: skip


def _cell(
    cell: Cell, stored: str | None, patch: Mapping[str, Any], fault: Violation | None
) -> Shown:
    locales = patch.get(cell.attribute, {}).get(cell.channel, {})
    before = None if stored is None else orjson.loads(stored)
    after = merge(before, locales[cell.locale]) if cell.locale in locales else before
    refused = NOT_PERMITTED if fault and fault.code == READ_ONLY else INVALID
    state = refused if fault else CHANGED if cell.locale in locales else UNCHANGED
    return Shown(
        cell.attribute,
        None if cell.channel == ALL else cell.channel,
        None if cell.locale == ALL else cell.locale,
        cell.column,
        _json(before),
        _json(None if after == {} else after),
        state,
        *_why(fault),
    )


def _why(fault: Violation | None) -> tuple[str | None, str | None, str | None]:
    return (fault.code, fault.text, fault.mend_text) if fault else (None, None, None)


def _codes(ids: Iterable[int], known: Codes[Any]) -> list[str]:
    by_id = known.by_id
    return sorted(by_id[i].code if i in by_id else str(i) for i in ids)


def _json(data: Any) -> str | None:
    return None if data is None else orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
