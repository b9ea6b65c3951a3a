"""History in people's words: codes and identifiers in place of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products.documents import flatten
from pim.products.lookups import names_of


@dataclass(frozen=True)
class Words:
    """What the ids in a few patches are called; an id that is gone stays a number."""

    structure: Structure
    names: Mapping[int, str]

    @classmethod
    def of(cls, session: Session, structure: Structure, entries: Iterable[Any]) -> Words:
        """Look up the products and models that history rows speak of."""
        patches = [p for entry in entries for p in (entry.before, entry.after) if p]
        found: set[int] = set()
        for patch in patches:
            found.update(n for n in [patch.get("parent")] if n)
            for column in flatten({"associations": patch.get("associations") or {}}):
                found.update(int(part) for part in column.split(".")[-1:] if part.isdigit())
        return cls(structure, names_of(session, found) if found else {})

    def column(self, name: str) -> str:
        """Return a column with codes: categories.shoes, X_SELL-products.laces."""
        head, _, last = name.rpartition(".")
        if not last.isdigit():
            return name
        if head in {"categories", "groups"}:
            return f"{head}.{self._code(head, int(last))}"
        _, type_, target = head.split(".")
        called = self._code("groups", int(last)) if target == "groups" else self._name(int(last))
        return f"{type_}-{target}.{called}"

    def data(self, column: str, value: Any) -> Any:
        """Return the value of a column: of family, family variant and parent the code."""
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        if column == "parent":
            return self._name(value)
        if column in {"family", "family_variant"}:
            return self._code({"family": "families"}.get(column, "family_variants"), value)
        return value

    def _name(self, entity: int) -> str:
        return self.names.get(entity, str(entity))

    def _code(self, noun: str, number: int) -> str:
        known: Mapping[int, Any] = getattr(self.structure, noun).by_id
        return str(known[number].code) if number in known else str(number)
