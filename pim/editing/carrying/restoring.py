"""Take products and models out of the bin, highest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.decided import Decided
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import CHANGED, INVALID, UNCHANGED, Shown
from pim.products.bin import held_values, return_entities, returning, unreturnable
from pim.products.models import MODEL

_BACK: Final = '{"deleted": null}'
_IN_BIN: Final = '{"deleted": true}'


class RestoreOutcomes:
    """Outcomes of a return: what stands in its way, and which unique values others have."""

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row: reason, detail, and held values as JSON."""
        reason, detail, held = texts
        if reason == returning.THERE:
            return Outcome(None, None, 0, 1, 0, ())
        if reason is not None:
            return Outcome(None, None, 0, 0, 1, (_in_the_way(reason, detail or ""),))
        warnings = tuple(_value_taken(**each) for each in orjson.loads(held or "[]"))
        return Outcome(_IN_BIN, _BACK, 1, 0, 0, warnings)


class RestoreRows(Rows):
    """Rows that come out of the bin; models of a chunk are decided before its products."""

    def __init__(self, structure: Structure) -> None:
        super().__init__(RestoreOutcomes(), ("*",))
        self._structure = structure
        self._coming: list[int] = []

    def reads(self, reader: CellReader) -> list[str]:
        """Return nothing: what is asked of rows is asked by `_read`."""
        return []

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return that the row comes back, or why it cannot."""
        fault = next(iter(outcome.violations), None)
        why = (fault.code, fault.text, fault.mend_text) if fault else (None, None, None)
        state = INVALID if outcome.invalid else CHANGED if outcome.changed else UNCHANGED
        return [Shown("*", None, None, "deleted", "true", None, state, *why)]

    def put(self, session: Session, change_set_id: int, decided: Decided) -> None:
        """Bring back what was decided."""
        return_entities(
            session,
            change_set_id=change_set_id,
            kind=decided.kind,
            ids=decided.rows.filter(pl.col("after").is_not_null())["id"].to_list(),
            structure=self._structure,
        )

    def _read(
        self, session: Session, structure: Structure, kind: int, ids: Sequence[int], *, hold: bool
    ) -> pl.DataFrame:
        """Return id, name, below, then reason, detail and held values as texts."""
        del hold  # a row that is not there cannot be held: the insert is what decides
        if kind == MODEL:
            hoped = _returning(unreturnable(session, kind, ids, coming=ids))
            rows = unreturnable(session, kind, ids, coming=hoped)
            self._coming = _returning(rows)
        else:
            rows = unreturnable(session, kind, ids, coming=self._coming)
        held = held_values(session, kind, ids, structure)
        texts = held.group_by("id", maintain_order=True).agg(
            pl.struct("attribute", "value", "holder").alias("held")
        )
        joined = rows.join(texts, on="id", how="left", maintain_order="left")
        return joined.select(
            "id", "name", "below", pl.col("reason").alias("text0"), pl.col("detail").alias("text1"),
            pl.Series("text2", [_json(each) for each in joined["held"].to_list()], dtype=pl.String),
        )  # fmt: skip


def _returning(rows: pl.DataFrame) -> list[int]:
    """Return the ids of those in whose way nothing stands."""
    return rows.filter(pl.col("reason").is_null())["id"].to_list()


def _json(held: list[dict[str, str]] | None) -> str | None:
    return orjson.dumps(held).decode() if held else None


def _in_the_way(reason: str, detail: str) -> Violation:
    message, mend = _REASONS[reason]
    return Violation(
        code=reason, path="*", message=message, parameters={"detail": detail}, mend=mend
    )


def _value_taken(attribute: str, value: str, holder: str | None) -> Violation:
    return Violation(
        code="value_taken",
        path=attribute,
        message="Its {attribute} {value} belongs to {holder} by now, so it comes back without.",
        parameters={"attribute": attribute, "value": value, "holder": holder or "another"},
        value=value,
        mend="Give it another value, or take the value from {holder} first.",
        severity="warning",
    )


_REASONS: Final = {
    returning.TAKEN: (
        "Another bears its name by now: {detail}.",
        "Rename or delete the other one, and restore this one then.",
    ),
    returning.NO_PARENT: (
        "The model that it stands below is gone: {detail}.",
        "Restore the model as well; if history has lost it, import the product anew.",
    ),
    returning.NO_FAMILY: (
        "Its family or family variant was deleted since.",
        "Create the family again and import the product anew.",
    ),
}
