"""Save edits of products and models, each cell merged with what others wrote since it was seen.

A save holds its rows, products before models and each in order of id as bulk edits do, so that two
saves never wait for each other in a circle. Data, history and change log are one transaction,
which the unit of work commits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import orjson
import polars as pl
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from pim.db.conditions import Table
from pim.db.troubles import met
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products import writer
from pim.products.change_sets import close_change_set, open_change_set
from pim.products.lookups import names_of
from pim.products.models import MODEL, PRODUCT
from pim.products.saving.decide import Decision, Wish, decide, hold_back
from pim.products.saving.edits import OWN_FIELDS, Edit, Saved, SaveResult
from pim.products.saving.stored import Stored, hold
from pim.products.unique import sync_unique_values
from pim.rules.guard import read_only, refusal

ATTEMPTS: Final = 3

Decisions = Mapping[int, Decision]


def save(
    work: Work, edit: Edit, structure: Structure, *, label: str = "", whole: bool = False
) -> SaveResult:
    """Save the cells of one product or model; see `save_all`."""
    return save_all(work, [edit], structure, label=label, whole=whole).results[0]


def save_all(
    work: Work,
    edits: Sequence[Edit],
    structure: Structure,
    *,
    label: str = "",
    whole: bool = False,
    kind: str = "edit",
    also: Callable[[int], object] = lambda _: None,
) -> Saved:
    """Save cells of several products and models in one change set.

    A cell that somebody else changed since it was seen, and differently, stays and is returned as
    a conflict; so are the reasons against cells that are not valid. Everything else is written,
    unless `whole` asks for all of an entity's cells or none. `kind` is the change set's; `also`
    writes more into it, given its id. Raises ValueError when two edits name the same entity.
    """
    ids = [edit.id for edit in edits]
    if len(set(ids)) < len(ids):
        raise ValueError("Two edits name the same product or model: put their cells into one.")
    change_set = open_change_set(work, kind=kind, label=label)
    decisions = _attempt(work, edits, structure, change_set.id, whole=whole)
    also(change_set.id)
    results = tuple(
        decisions[edit.id].result() if edit.id in decisions else _gone(edit) for edit in edits
    )
    counts = {
        "saved": sum(len(each.saved) for each in results),
        "conflicts": sum(len(each.conflicts) for each in results),
        "invalid": sum(len(each.violations) for each in results),
    }
    closed = close_change_set(work, change_set, counts=counts)
    return Saved(change_set=closed.id if closed else None, results=results)


def _attempt(
    work: Work, edits: Sequence[Edit], structure: Structure, change_set: int, *, whole: bool
) -> Decisions:
    """Decide and write; when another transaction came between, once more on what it has left."""
    for left in reversed(range(ATTEMPTS)):
        try:
            with work.session.begin_nested():
                decisions = _decided(work, edits, structure, whole=whole)
                _write(work.session, decisions, structure, change_set)
                return decisions
        except (IntegrityError, OperationalError) as error:
            if left == 0 or (isinstance(error, OperationalError) and not met(error)):
                raise
    raise AssertionError("unreachable")


def _decided(work: Work, edits: Sequence[Edit], structure: Structure, *, whole: bool) -> Decisions:
    stored: dict[int, Stored] = {}
    for kind in (PRODUCT, MODEL):
        versions = {edit.id: edit.version for edit in edits if edit.kind == kind}
        if versions:
            stored |= hold(work.session, kind, versions, structure)
    decisions = {
        edit.id: decide(edit, stored[edit.id], structure, author=work.actor, whole=whole)
        for edit in edits
        if edit.id in stored
    }
    _refuse_held(work, decisions, structure)
    _refuse_taken(work.session, decisions, structure)
    if whole:
        for decision in decisions.values():
            hold_back(decision)
    return decisions


def _write(session: Session, decisions: Decisions, structure: Structure, change_set: int) -> None:
    for kind in (PRODUCT, MODEL):
        chosen = [d for d in decisions.values() if d.stored.kind == kind and d.wanted]
        rows = [(d.stored.id, *map(_json, d.patches()), None, None) for d in chosen]
        frame = pl.DataFrame(rows, schema=_FRAME, orient="row").sort("id")
        fields = {_attribute(wish) for decision in chosen for wish in decision.wanted}
        writer.update(
            session,
            change_set_id=change_set,
            kind=kind,
            frame=frame,
            attributes=sorted(fields) if "groups" not in fields else ["*"],
        )
        unique = {a.code for a in structure.attributes if a.unique}
        moved = [d.stored.id for d in chosen if any(_attribute(w) in unique for w in d.wanted)]
        sync_unique_values(session, kind=kind, ids=moved, structure=structure)


def _refuse_held(work: Work, decisions: Decisions, structure: Structure) -> None:
    """Leave out cells that rules make read-only."""
    guards = read_only(work.session, structure, work.clock())
    for kind, table in _TABLES.items() if guards.guards else ():
        chosen = {id_: d for id_, d in decisions.items() if d.stored.kind == kind and d.wanted}
        columns = {_column(wish) for decision in chosen.values() for wish in decision.wanted}
        held = guards.held(work.session, table, list(chosen), columns)
        for id_, rules in held.items():
            for wish in list(chosen[id_].wanted):
                if rule := rules.get(_column(wish)):
                    chosen[id_].refuse(wish, refusal(_column(wish), rule))


def _column(wish: Wish) -> str:
    """Return the column of a wish; that of a price is its attribute's, whatever the currency."""
    return Cell(*wish.path[1:4]).column if wish.path[0] == "values" else wish.path[0]


def _refuse_taken(session: Session, decisions: Decisions, structure: Structure) -> None:
    """Leave out unique values that others have, here or in the database."""
    claims = [
        (decision, wish, structure.attributes[_attribute(wish)])
        for decision in decisions.values()
        for wish in decision.wanted
        if _attribute(wish) not in OWN_FIELDS
        and wish.ours is not None
        and structure.attributes[_attribute(wish)].unique
    ]
    if not claims:
        return
    given = {
        "attributes": [attribute.id for _, _, attribute in claims],
        "values": [str(wish.ours) for _, wish, _ in claims],
    }
    held = {(row[0], row[1]): row[2] for row in session.execute(_HOLDERS, given)}
    names = names_of(session, held.values())
    for decision, wish, attribute in claims:
        key = (attribute.id, str(wish.ours))
        holder = held.setdefault(key, decision.stored.id)
        if holder != decision.stored.id:
            owner = names.get(holder) or decisions[holder].stored.name or str(holder)
            decision.refuse(wish, _taken(wish, owner))


def _attribute(wish: Wish) -> str:
    return wish.path[1] if wish.path[0] == "values" else wish.path[0]


def _json(document: object) -> str:
    return orjson.dumps(document).decode()


def _gone(edit: Edit) -> SaveResult:
    return SaveResult(id=edit.id, violations=(_deleted(),))


def _deleted() -> Violation:
    return Violation(
        code="deleted_meanwhile",
        path="",
        message="It does not exist any more: somebody has deleted it meanwhile.",
        mend="Undo the deletion, or leave it.",
    )


def _taken(wish: Wish, owner: str) -> Violation:
    return Violation(
        code="unique_taken",
        path=wish.column,
        message='{value} already belongs to "{owner}".',
        parameters={"value": str(wish.ours), "owner": owner},
        value=str(wish.ours),
        mend="Correct one of the two: the value must be unique.",
    )


_TABLES: Final[Mapping[int, Table]] = {PRODUCT: "product", MODEL: "product_model"}

_FRAME: Final = {
    "id": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}

_HOLDERS = text(
    """
    SELECT u.attribute_id, u.value, u.entity_id
    FROM unnest(CAST(:attributes AS bigint[]), CAST(:values AS text[])) AS c (attribute, value)
    JOIN unique_value u ON u.attribute_id = c.attribute AND u.value = c.value
    """
)
