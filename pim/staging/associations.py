"""Association columns: read after all products of an import are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.operations.links import LARGEST_QUANTITY
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.products.changes import changed_members
from pim.products.lookups import Stored, find_stored, fold
from pim.products.mirrors import Mirror, far_ends
from pim.products.models import MODEL, PRODUCT
from pim.staging.drafts import UPDATE_SCHEMA
from pim.staging.findings import Findings
from pim.staging.header import AssociationColumns, HeaderPlan
from pim.staging.round_trip.links import LinkTrip

Members = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AssociationReader:
    """Turns association columns into patches of the stored associations.

    With `clears` an empty cell takes the links away; one that is not there (null) never does.
    With a `trip` the rows come back from an export.
    """

    session: Session
    structure: Structure
    plan: HeaderPlan
    file: str
    clears: bool = False
    trip: LinkTrip | None = None

    def patches(self, frame: pl.DataFrame, findings: Findings) -> tuple[pl.DataFrame, list[Mirror]]:
        """Return patches, framed for `writer.update`, and the far ends of two-way links."""
        names = self._names(frame)
        stored = find_stored(self.session, self.plan.kind, filter(None, names), lock=True)
        targets = self._targets(frame)
        rows = []
        mirrors: list[Mirror] = []
        for position, name in enumerate(names):
            entity = stored.get(fold(name)) if name else None
            if entity is None:
                continue
            row = {a.column: frame[a.column][position] for a in self.plan.associations}
            before, after = self._changes(position, row, frame, entity, targets, findings)
            if after:
                patch = (entity.id, _json({"associations": before}), _json({"associations": after}))
                rows.append((*patch, self.file, findings.rows[position]))
                mirrors.extend(far_ends(self.structure, self.plan.kind, entity.id, after))
        return pl.DataFrame(rows, schema=UPDATE_SCHEMA, orient="row"), mirrors

    def _names(self, frame: pl.DataFrame) -> list[str | None]:
        if self.trip:
            return self.trip.trip.rows["name"].to_list()
        return frame[self.plan.key].str.strip_chars().to_list() if self.plan.key else []

    def _targets(self, frame: pl.DataFrame) -> dict[str, Mapping[str, int]]:
        """Return the ids of all that the chunk names, by kind of target."""
        wanted: dict[str, set[str]] = {}
        for association in self.plan.associations:
            texts = frame[association.column].fill_null("").to_list()
            wanted.setdefault(association.target, set()).update(n for t in texts for n in _split(t))
        found: dict[str, Mapping[str, int]] = {}
        for target, names in wanted.items():
            if target == "groups":
                found[target] = {fold(g.code): g.id for g in self.structure.groups}
            else:
                kind = PRODUCT if target == "products" else MODEL
                entities = find_stored(self.session, kind, names)
                found[target] = {key: entity.id for key, entity in entities.items()}
        return found

    def _changes(
        self,
        position: int,
        row: Mapping[str, str | None],
        frame: pl.DataFrame,
        entity: Stored,
        targets: Mapping[str, Mapping[str, int]],
        findings: Findings,
    ) -> tuple[Members, Members]:
        current = orjson.loads(entity.associations)
        before: Members = {}
        after: Members = {}
        for association in self.plan.associations:
            names = _split(row[association.column])
            if not names and (not self.clears or row[association.column] is None):
                continue
            quantities = self._quantities(position, association, frame, len(names), findings)
            wanted = _wanted(
                position, association, dict(zip(names, quantities, strict=True)), targets, findings
            )
            had = current.get(association.type.code, {}).get(association.target, {})
            if self.trip and not self.trip.writes(position, association, had, wanted):
                continue
            was, now = _difference(had, wanted)
            if now:
                before.setdefault(association.type.code, {})[association.target] = was
                after.setdefault(association.type.code, {})[association.target] = now
        return before, after

    @staticmethod
    def _quantities(
        position: int,
        association: AssociationColumns,
        frame: pl.DataFrame,
        count: int,
        findings: Findings,
    ) -> Sequence[Any]:
        """Return a quantity per name (None where it is wrong), or true for plain links."""
        if not association.type.quantified:
            return [True] * count
        text = frame[association.quantities][position] or "" if association.quantities else ""
        given = [part.strip() for part in text.replace("|", ",").split(",") if part.strip()]
        if not given:
            return [1] * count
        if len(given) != count:
            findings.add(position, _uneven(association, text))
            return [None] * count
        read = [int(q) if q.isascii() and q.isdigit() else 0 for q in given]
        for quantity, as_given in zip(read, given, strict=True):
            if not 1 <= quantity <= LARGEST_QUANTITY:
                findings.add(position, _bad_quantity(association, as_given))
        return [q if 1 <= q <= LARGEST_QUANTITY else None for q in read]


def _wanted(
    position: int,
    association: AssociationColumns,
    quantities: Mapping[str, Any],
    targets: Mapping[str, Mapping[str, int]],
    findings: Findings,
) -> Members:
    """Return the links that a cell asks for, by id; unknown targets are warned about."""
    wanted: Members = {}
    for name, quantity in quantities.items():
        target = targets[association.target].get(fold(name))
        if target is None:
            findings.add(position, _unknown(association, name))
        elif quantity is not None:
            wanted[str(target)] = quantity
    return wanted


def _difference(had: Members, wanted: Members) -> tuple[Members, Members]:
    if all(v is True for v in (*had.values(), *wanted.values())):
        return changed_members(map(int, had), map(int, wanted))
    keys = [k for k in {**had, **wanted} if had.get(k) != wanted.get(k)]
    return {k: had.get(k) for k in keys}, {k: wanted.get(k) for k in keys}


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _json(patch: Mapping[str, Any]) -> str:
    return orjson.dumps(patch).decode()


def _unknown(association: AssociationColumns, name: str) -> Violation:
    return Violation(
        code="association_unknown",
        path=association.column,
        message='There is no "{name}" among the {target}; the link is left out.',
        parameters={"name": name, "target": association.target.replace("_", " ")},
        value=name,
        mend="Correct the code, or import the missing one and this row again.",
        severity="warning",
    )


def _uneven(association: AssociationColumns, text: str) -> Violation:
    return Violation(
        code="quantity_count",
        path=association.quantities or association.column,
        message='"{text}" does not give one quantity per code; the links are left out.',
        parameters={"text": text},
        value=text,
        mend="Give as many quantities as codes, separated by commas.",
        severity="warning",
    )


def _bad_quantity(association: AssociationColumns, text: str) -> Violation:
    return Violation(
        code="quantity_range",
        path=association.quantities or association.column,
        message='"{text}" is not a quantity from 1 to 2147483647; the link is left out.',
        parameters={"text": text},
        value=text,
        mend="Write a whole number.",
        severity="warning",
    )
