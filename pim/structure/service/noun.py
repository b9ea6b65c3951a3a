"""What every noun of the structure answers; one small file per noun says it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, cast

from marshmallow import Schema
from sqlalchemy import Table
from sqlalchemy.orm import Session

from pim.db.base import Base
from pim.domain.structure import Codes, Structure
from pim.domain.violations import Violation
from pim.structure.service.findings import Findings

Document = dict[str, Any]
Status = Literal["created", "updated", "unchanged", "rejected", "removed"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one document: `violations` are reasons, or warnings of what was applied."""

    key: str
    status: Status
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A thing as it is, or as this call is about to leave it."""

    id: int
    document: Document


@dataclass(kw_only=True)
class Planned:
    """One thing to write; `old` is None when it is new."""

    id: int
    old: Document | None
    new: Document


@dataclass
class Draft:
    """The structure as one call sees it: what is stored, and what the call planned so far."""

    structure: Structure
    planned: dict[str, Planned] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Map each attribute to its place in the order of all attributes."""
        return {a.code: position for position, a in enumerate(self.structure.attributes)}


class Noun(ABC):
    """One kind of thing: its document, its rules, its table."""

    code: ClassVar[str]
    name: ClassVar[str]
    schema: ClassVar[type[Schema]]
    table: ClassVar[Table]
    #: Every field but the code, with what it is when nobody says.
    defaults: ClassVar[Mapping[str, Any]] = {"labels": {}}
    #: Fields that stay as they were created.
    fixed: ClassVar[Sequence[str]] = ()
    #: Objects that a patch replaces as a whole instead of key by key.
    whole: ClassVar[frozenset[str]] = frozenset()
    #: Whether products publish the same after a new thing as before, as none has it yet.
    unseen_when_new: ClassVar[bool] = False
    #: Fields that no product publishes.
    unseen: ClassVar[frozenset[str]] = frozenset()

    @cached_property
    def reader(self) -> Schema:
        """Return the schema, ready to read documents; making one takes longer than reading."""
        return self.schema()

    @abstractmethod
    def stored(self, structure: Structure) -> Codes[Any]:
        """Return all things of this kind."""

    @abstractmethod
    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check a merged document, and bring references in it to their stored spelling."""

    @abstractmethod
    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns of the table for a checked document."""

    def everything(self, structure: Structure) -> Iterable[Any]:
        """Return all things of this kind in the order in which they are exported."""
        return self.stored(structure)

    def find(self, structure: Structure, document: Document) -> Any | None:
        """Return the stored thing that a document names."""
        return self.stored(structure).get(document["code"])

    def key(self, document: Document) -> str:
        """Return what names the thing, as people read it."""
        return str(document["code"])

    def document(self, thing: Any) -> Document:
        """Return the document of a stored thing."""
        names = ("code", *self.defaults)
        return {name: _plain(getattr(thing, name)) for name in names}

    def after(self, session: Session, draft: Draft, written: Sequence[Planned]) -> None:
        """Write what hangs on the things besides their own row; most have nothing."""
        return

    def guard(self, session: Session, draft: Draft, old: Document, new: Document) -> Findings:
        """Return why products stand against a change; most nouns change freely."""
        return Findings()

    def touched(self, written: Sequence[Planned]) -> Iterable[str]:
        """Return the attributes that the change log names; `*` when any may be concerned."""
        return ()

    def is_unseen(self, planned: Planned) -> bool:
        """Tell whether every product publishes the same after a change as before."""
        old, new = planned.old, planned.new
        if old is None:
            return self.unseen_when_new
        return all(old[name] == new[name] for name in self.defaults.keys() - self.unseen)

    def uses(self, session: Session, structure: Structure, thing: Any) -> Findings:
        """Return why a thing cannot be removed."""
        return Findings()

    def known(self, draft: Draft, document: Document) -> Stored | None:
        """Return the thing that a document names as this call will leave it, if it exists."""
        pending = draft.planned.get(self.key(document).casefold())
        if pending is not None:
            return Stored(id=pending.id, document=pending.new)
        thing = self.find(draft.structure, document)
        return None if thing is None else Stored(id=thing.id, document=self.document(thing))


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    return cast("Table", model.__table__)


def check_labels(findings: Findings, draft: Draft, new: Document) -> None:
    """Bring the locales of labels to their stored spelling; unknown ones are noted."""
    labels = new.get("labels") or {}
    resolved = {}
    for locale, label in labels.items():
        code = findings.refer(
            draft.structure.locales, locale, path=f"labels.{locale}", what="locale"
        )
        if code is not None:
            resolved[code] = label
    new["labels"] = resolved


def _plain(value: Any) -> Any:
    """Return a value of a domain object as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
