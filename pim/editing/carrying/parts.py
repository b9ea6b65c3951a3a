"""Outcomes of what a product is beside its values, and how people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pim.domain.violations import Violation
from pim.editing.outcomes import Outcome
from pim.editing.shown import CHANGED, INVALID, UNCHANGED, Shown


def unchanged() -> Outcome:
    """Return that a row is as it shall be already."""
    return Outcome(None, None, 0, 1, 0, ())


def invalid(violation: Violation) -> Outcome:
    """Return why a row stays as it is."""
    return Outcome(None, None, 0, 0, 1, (violation,))


def patched(
    before: Mapping[str, Any], after: Mapping[str, Any], *, lost: Sequence[str] = ()
) -> Outcome:
    """Return a change as merge patches of the row's document; it counts as one cell."""
    return Outcome(json_text(before), json_text(after), 1, 0, 0, (), tuple(lost))


def part_shown(name: str, outcome: Outcome, before: Any, after: Any) -> Shown:
    """Return what people see of one part of a product: its data before and after."""
    fault = next(iter(outcome.violations), None)
    return side_shown(name, before, after, changed=bool(outcome.changed), fault=fault, part=name)


def side_shown(
    name: str,
    before: Any,
    after: Any,
    *,
    changed: bool,
    fault: Violation | None,
    part: str = "associations",
) -> Shown:
    """Return what people see of a column of a part, with the reason if it stays."""
    why = (fault.code, fault.text, fault.mend_text) if fault else (None, None, None)
    state = INVALID if fault else CHANGED if changed else UNCHANGED
    return Shown(part, None, None, name, _shown(before), _shown(after), state, *why)


def json_text(document: Any) -> str:
    """Return a document as JSON text."""
    return orjson.dumps(document).decode()


def _shown(data: Any) -> str | None:
    if data is None or data == []:
        return None
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
