"""Create or update things of one kind: plan all documents, then write what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from pim.db import change_log
from pim.db.unit_of_work import Work
from pim.domain import values
from pim.domain.violations import Violation
from pim.structure import queries
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, Outcome, Planned, Status
from pim.structure.version import lock, touch


def save(
    work: Work, noun: Noun, documents: Iterable[Mapping[str, Any]], *, change_set_id: int | None
) -> list[Outcome]:
    """Create or update one thing per document (see `pim.structure.schemas`), in their order.

    A bad document is rejected with its violations and the good ones are written; a document that
    changes nothing writes nothing. References may name things of earlier documents.
    """
    given = [dict(document) for document in documents]
    draft, outcomes = _plan(work.session, noun, given)
    if draft.planned and lock(work.session) != draft.structure.version:
        draft, outcomes = _plan(work.session, noun, given)  # somebody else came first
    if draft.planned:
        touch(work.session)
        _write(work.session, noun, draft, change_set_id)
    return outcomes


def _plan(
    session: Session, noun: Noun, documents: Iterable[Document]
) -> tuple[Draft, list[Outcome]]:
    draft = Draft(queries.current(session))
    ids = _fresh_ids(session, noun)
    return draft, [_plan_one(session, draft, noun, document, ids) for document in documents]


def _plan_one(
    session: Session, draft: Draft, noun: Noun, given: Document, ids: Iterator[int]
) -> Outcome:
    """Decide what one document does, and note it in the draft."""
    patch, broken = _read(noun, given)
    key = noun.key(patch) if _names(noun, patch) else str(given.get("code") or "")
    if broken:
        return Outcome(key=key, status="rejected", violations=tuple(broken))
    stored = noun.known(draft, patch)
    old = stored.document if stored else None
    new = merged(noun, old, patch)
    findings = noun.check(draft, old, new)
    if old is not None:
        findings.check_fixed(old, new, noun.fixed)
        if old != new and not findings.errors:
            findings.extend(noun.guard(session, draft, old, new))
    status = _status(old, new, findings)
    if status in ("created", "updated"):
        _note(draft, noun, Planned(id=stored.id if stored else next(ids), old=old, new=new))
    return Outcome(key=noun.key(old or new), status=status, violations=tuple(findings))


def _status(old: Document | None, new: Document, findings: Findings) -> Status:
    if findings.errors:
        return "rejected"
    if old is None:
        return "created"
    return "unchanged" if old == new else "updated"


def _note(draft: Draft, noun: Noun, planned: Planned) -> None:
    """Plan a write; a second one of the same thing keeps what was there before both."""
    key = noun.key(planned.new).casefold()
    if (earlier := draft.planned.get(key)) is not None:
        planned.old = earlier.old
    draft.planned[key] = planned


def merged(noun: Noun, old: Document | None, patch: Document) -> Document:
    """Return the whole document after a patch; the stored spelling of the code wins."""
    base = deepcopy(old) if old is not None else {}
    for field in noun.whole & patch.keys():
        base.pop(field, None)
    document: Document = deepcopy(dict(noun.defaults)) | values.merge(base, patch)
    if old is not None:
        document["code"] = old["code"]
    return document


def _read(noun: Noun, given: Document) -> tuple[Document, list[Violation]]:
    """Return a document with values of the right types, or what is wrong with its form."""
    try:
        return dict(noun.reader.load(given)), []
    except ValidationError as error:
        return dict(error.valid_data or {}), list(_violations(error.messages, given))


def _names(noun: Noun, patch: Document) -> bool:
    """Tell whether a document says which thing it is about."""
    return all(name in patch for name, field in noun.reader.fields.items() if field.required)


def _violations(messages: Any, given: Any, path: str = "") -> Iterator[Violation]:
    """Yield one violation per message of marshmallow's nested answer."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            below = given.get(name) if isinstance(given, Mapping) else None
            step = "" if name in ("key", "value", "_schema") else str(name)
            yield from _violations(inner, below if step else given, f"{path}.{step}".strip("."))
        return
    found = Findings()
    for message in messages if isinstance(messages, list) else [messages]:
        found.add(
            "invalid_document",
            path,
            "{path}: {reason}",
            mend="Give {path} the type that its description names.",
            value=given,
            path=path or "document",
            reason=message,
        )
    yield from found


def _fresh_ids(session: Session, noun: Noun) -> Iterator[int]:
    """Yield unused ids of the table, drawn a handful at a time."""
    sequence = func.pg_get_serial_sequence(noun.table.name, "id")
    draw = select(func.nextval(sequence)).select_from(func.generate_series(1, bindparam("count")))
    count = 1
    while True:
        yield from session.scalars(draw, {"count": count}).all()
        count = min(count * 4, 1000)


def _write(session: Session, noun: Noun, draft: Draft, change_set_id: int | None) -> None:
    written = list(draft.planned.values())
    _insert(session, noun, draft, [p for p in written if p.old is None])
    _update(session, noun, draft, [p for p in written if p.old is not None])
    noun.after(session, draft, written)
    unseen = [planned for planned in written if noun.is_unseen(planned)]
    seen = [planned for planned in written if not noun.is_unseen(planned)]
    for subject, some in ((noun.code, seen), (noun.code + change_log.UNSEEN, unseen)):
        if some:
            _log(session, noun, subject, some, change_set_id)


def _log(
    session: Session,
    noun: Noun,
    subject: str,
    written: Sequence[Planned],
    change_set_id: int | None,
) -> None:
    change_log.append(
        session,
        change_set_id=change_set_id,
        subject=subject,
        ids=[planned.id for planned in written],
        attributes=sorted(set(noun.touched(written))),
    )


def _insert(session: Session, noun: Noun, draft: Draft, written: Sequence[Planned]) -> None:
    if written:
        rows = [{"id": p.id, **noun.columns(draft, p.new)} for p in written]
        session.execute(insert(noun.table), rows)


def _update(session: Session, noun: Noun, draft: Draft, written: Sequence[Planned]) -> None:
    if written:
        rows = [noun.columns(draft, p.new) for p in written]
        statement = update(noun.table).where(noun.table.c.id == bindparam("its_id"))
        statement = statement.values({name: bindparam(f"its_{name}") for name in rows[0]})
        session.connection().execute(
            statement,
            [
                {"its_id": p.id, **{f"its_{name}": value for name, value in row.items()}}
                for p, row in zip(written, rows, strict=True)
            ],
        )
