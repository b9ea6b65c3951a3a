"""Put associations back, with the far ends of those that go both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import difference
from pim.domain.violations import Violation
from pim.products import writer
from pim.products.history import Entity
from pim.products.lookups import names_of
from pim.products.mirrors import FAR, far_ends, write_mirrors

Document = Mapping[str, Any]


class Links:
    """The links of an entity that differ between two documents: `pair` is (now, then)."""

    def __init__(
        self,
        session: Session,
        structure: Structure,
        entity: Entity,
        pair: tuple[Document, Document],
    ) -> None:
        self._session = session
        self._structure = structure
        self._entity = entity
        self.violations: list[Violation] = []
        self.written: tuple[str, ...] = ()
        now, then = pair
        self._now, self._then = now, self._existing(now, then)

    def write(self, change_set: int) -> None:
        """Write what differs into a change set."""
        before, after = difference(self._now, self._then)
        if not after:
            return
        row = (self._entity.id, _json(before), _json(after), None, None)
        writer.update(
            self._session,
            change_set_id=change_set,
            kind=self._entity.kind,
            frame=pl.DataFrame([row], schema=_FRAME, orient="row"),
            attributes=("associations",),
        )
        mirrors = far_ends(self._structure, self._entity.kind, self._entity.id, after)
        write_mirrors(self._session, change_set_id=change_set, mirrors=mirrors)
        self.written = tuple(f"{code}-{target}" for code in after for target in after[code])

    def _existing(self, now: Document, then: Document) -> dict[str, Any]:
        """Return the links of then whose other end still exists; types that are gone stay away."""
        wanted = {
            int(number)
            for sides in then.values()
            for target, members in sides.items()
            if target in FAR
            for number in members
        }
        there = names_of(self._session, wanted) if wanted else {}
        kept: dict[str, Any] = {}
        for code, target, number, quantity in _links(then):
            if code not in self._structure.association_types:
                continue
            known = int(number) in (there if target in FAR else self._structure.groups.by_id)
            if known:
                kept.setdefault(code, {}).setdefault(target, {})[number] = quantity
            else:
                self.violations.append(gone(f"{code}-{target}", number))
        strange = {
            c: sides for c, sides in now.items() if c not in self._structure.association_types
        }
        return {**kept, **strange}


def gone(path: str, name: str) -> Violation:
    """Return that something which the entity referred to does not exist any more."""
    return Violation(
        code="restore.gone",
        path=path,
        message="{name} does not exist any more, so it is left out.",
        parameters={"name": name},
        value=name,
        mend="Make it again if it is still wanted, and add it.",
        severity="warning",
    )


def _links(document: Document) -> Iterator[tuple[str, str, str, Any]]:
    for code, sides in document.items():
        for target, members in sides.items():
            for number, quantity in members.items():
                yield code, target, number, quantity


def _json(associations: Document) -> str:
    return orjson.dumps({"associations": associations}).decode()


_FRAME = {
    "id": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}
