"""Merge the links of rows that came back: a column of links is one cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy.orm import Session

from pim.domain.merging import NOTHING, merged
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.products.lookups import names_of
from pim.staging.header import AssociationColumns
from pim.staging.round_trip.conflicts import Clashing
from pim.staging.round_trip.past import LINKS, as_text, taken_back
from pim.staging.round_trip.trip import Trip

Members = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LinkTrip:
    """The links of a chunk on its way back."""

    trip: Trip
    session: Session
    structure: Structure
    _patches: dict[Cell, Mapping[int, str]] = field(default_factory=dict)

    def writes(
        self, position: int, association: AssociationColumns, had: Members, wanted: Members
    ) -> bool:
        """Tell whether a row's links are to be written: its sheet has changed them, and only it."""
        entity = self.trip.past.ids[position]
        if entity is None:
            return not self.trip.lost[position]
        base = self._base(int(entity), association, had)
        if wanted == base:
            return False
        cell = Cell(LINKS, association.type.code, association.target)
        known = [dict(had)] if self.trip.past.only_own(cell, int(entity)) else []
        result = merged(base, dict(had), dict(wanted), known=known)
        for clash in result.clashes:
            sides = (self._told(association, each) for each in (clash.base, had, wanted))
            self.trip.clashes.found.append(Clashing(position, association.column, *sides))
        return result.write is not NOTHING

    def _base(self, entity: int, association: AssociationColumns, had: Members) -> Members:
        cell = Cell(LINKS, association.type.code, association.target)
        if cell not in self._patches:
            self._patches[cell] = self.trip.past.patches_of(cell)
        patch = self._patches[cell].get(entity)
        if patch is None:
            return dict(had)
        text = taken_back(as_text(had), patch)
        return orjson.loads(text or "{}") or {}

    def _told(self, association: AssociationColumns, members: Members) -> str:
        """Return links by name: a list, or with quantities an object."""
        if association.target == "groups":
            known: Mapping[int, str] = {g.id: g.code for g in self.structure.groups}
        else:
            known = names_of(self.session, map(int, members))
        named = {known[int(i)]: data for i, data in members.items() if int(i) in known}
        return as_text(named if association.type.quantified else sorted(named))
