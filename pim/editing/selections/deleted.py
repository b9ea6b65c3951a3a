"""What a selection chooses in the bin."""

from __future__ import annotations

import polars as pl
from sqlalchemy.orm import Session

from pim.domain.conditions import Condition, Leaf
from pim.editing.selections.document import SelectionDocument
from pim.editing.selections.names import Listed
from pim.editing.selections.resolve import COLUMNS, Resolved
from pim.errors import Refused
from pim.products.bin import deleted_rows


def resolve_deleted(session: Session, selection: SelectionDocument) -> Resolved:
    """Return the rows in the bin that are listed or picked, or that named change sets deleted.

    With a model comes what was deleted with it; with a product the models that it needs. Raises
    Refused for any other condition, and for a level: the bin is no catalogue.
    """
    if selection.level is not None:
        raise Refused("What lies in the bin comes back as it was: leave the level out.")
    listed, picked = _listed(session, selection), _picked(session, selection)
    ids, change_sets = [*listed.ids, *picked.ids], _change_sets(selection.condition)
    rows = deleted_rows(session, ids=ids, change_sets=change_sets)
    out = pl.col("id").is_in([n for n in selection.excluded if isinstance(n, int)])
    out |= (
        pl.col("identifier")
        .str.to_lowercase()
        .is_in([name.lower() for name in selection.excluded if isinstance(name, str)])
    )
    kept = rows.filter(~out.fill_null(False))
    return Resolved(
        rows=kept.select(COLUMNS).with_columns(pl.lit(None, dtype=pl.Boolean).alias("recheck")),
        unknown=(*listed.unknown, *picked.unknown),
        duplicates=(*listed.duplicates, *picked.duplicates),
        excluded=rows.height - kept.height,
    )


def _listed(session: Session, selection: SelectionDocument) -> Listed:
    names = {name for each in selection.identifiers for name in (each.text, *each.parts)}
    known = _by_name(deleted_rows(session, names=names))
    listed = Listed()
    for each in selection.identifiers:
        whole = _known(known, each.text) or not any(_known(known, part) for part in each.parts)
        for name in (each.text,) if whole else each.parts:
            listed.take(name, _known(known, name))
    return listed


def _picked(session: Session, selection: SelectionDocument) -> Listed:
    names = [name for name in selection.picked if isinstance(name, str)]
    numbers = [name for name in selection.picked if isinstance(name, int)]
    rows = deleted_rows(session, names=names, ids=numbers)
    known, there = _by_name(rows), set(rows["id"])
    listed = Listed()
    for name in selection.picked:
        number = _known(known, name) if isinstance(name, str) else name if name in there else None
        listed.take(str(name), number)
    return listed


def _by_name(rows: pl.DataFrame) -> dict[str, int]:
    """Return ids by name in lower case; of several deletions the newest."""
    newest = rows.drop_nulls("identifier").sort("change_set")
    return {name.lower(): number for name, number in newest["identifier", "id"].iter_rows()}


def _known(names: dict[str, int], name: str) -> int | None:
    return names.get(name.lower())


def _change_sets(condition: Condition | None) -> list[int]:
    match condition.root if condition else None:
        case None:
            return []
        case Leaf(field="change_set", operator="IN", value=numbers):
            return list(numbers)
    raise Refused(
        "In the bin things are chosen by identifier, or by the change set that deleted them: "
        '{"field": "change_set", "operator": "=", "value": NUMBER}. pim bin list shows both.'
    )
