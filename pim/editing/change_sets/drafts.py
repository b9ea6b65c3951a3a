"""Drafts: what an edit is going to be, until somebody has looked at its preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.domain import change_sets as life
from pim.domain import conditions, operations
from pim.domain.operations import Operation
from pim.domain.structure import Structure
from pim.editing import selections
from pim.editing.change_sets import ticking
from pim.editing.change_sets.permission import require_permission
from pim.editing.change_sets.record import CREATE, planned, record
from pim.editing.refusals import refuse_identity, refuse_unknown
from pim.editing.selections import SelectionDocument
from pim.products.models import ChangeSet

Document = Mapping[str, Any]


def create(
    work: Work,
    structure: Structure,
    *,
    do: Sequence[Document],
    where: Document | None = None,
    selection: Document | None = None,
    label: str = "",
    strict: bool = False,
) -> ChangeSet:
    """Make a draft of a bulk edit; Refused with every mistake in its documents.

    A `selection` stands in place of the condition `where`. A `strict` one will not write what has
    moved on between its preview and its run.
    """
    require_permission(work, "products.edit")
    draft = ChangeSet(kind="bulk", state=life.DRAFT, author_id=work.actor, planned=True)
    _set(work.session, draft, structure, where, selection, do)
    draft.label, draft.strict, draft.created = label, strict, work.clock()
    work.session.add(draft)
    work.session.flush()
    record(work, draft, CREATE)
    return draft


def edit(
    work: Work,
    structure: Structure,
    number: int,
    *,
    do: Sequence[Document] | None = None,
    where: Document | None = None,
    selection: Document | None = None,
    label: str | None = None,
    strict: bool | None = None,
) -> ChangeSet:
    """Change what is given of a draft, or of what was previewed and not yet submitted.

    New rows or operations ask for a new preview, and everything is ticked again.
    """
    require_permission(work, "products.edit")
    draft = planned(work.session, number)
    record(work, draft, "edit")
    if label is not None:
        draft.label = label
    if strict is not None:
        draft.strict = strict
    if do is not None or where is not None or selection is not None:
        if where is None and selection is None:
            where, selection = _rows(draft)
        _set(work.session, draft, structure, where, selection, do or draft.operations or ())
    draft.preview_id = None
    ticking.forget(work.session, number)
    work.session.flush()
    return draft


def chosen_of(change_set: ChangeSet, structure: Structure) -> SelectionDocument:
    """Return what a planned change set chooses."""
    where, selection = _rows(change_set)
    if selection is not None:
        return selections.parse(selection, structure)
    return SelectionDocument(condition=conditions.parse(where, structure))


def steps_of(change_set: ChangeSet, structure: Structure) -> tuple[Operation, ...]:
    """Return what a planned change set does."""
    return operations.parse(change_set.operations, structure)


def parameters(change_set: ChangeSet) -> dict[str, Any]:
    """Return a planned change set as the parameters of the run that carries it out."""
    where, selection = _rows(change_set)
    chosen: dict[str, Any] = {} if selection is None else {"selection": selection}
    return {"where": where or {}, "do": change_set.operations, **chosen}


def _rows(change_set: ChangeSet) -> tuple[Document | None, Document | None]:
    """Return the condition, or else the selection, that a change set keeps."""
    document = change_set.conditions or {}
    return (None, document) if change_set.selects else (document, None)


def _set(
    session: Session,
    draft: ChangeSet,
    structure: Structure,
    where: Document | None,
    selection: Document | None,
    do: Sequence[Document],
) -> None:
    """Put documents into a draft, or raise Refused with what is wrong in them."""
    draft.selects = selection is not None
    draft.conditions = dict(selection if selection is not None else where or {})
    draft.operations = list(do)  # type: ignore[arg-type]
    chosen_of(draft, structure)
    steps = steps_of(draft, structure)
    refuse_identity(steps, structure)
    refuse_unknown(session, steps, structure)
    draft.operations = [dict(each) for each in do]
