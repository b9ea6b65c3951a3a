"""Apply the chunks of products and models: data, history, log and violations in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from importers.contract import ROW
from pim.db.copy import copy_in
from pim.db.troubles import met
from pim.products import writer
from pim.products.mirrors import write_mirrors
from pim.products.unique import register, sync_unique_values
from pim.staging.associations import AssociationReader
from pim.staging.counts import Counts
from pim.staging.decide import Decider
from pim.staging.findings import Findings, violation_frame
from pim.staging.reading import ReadChunk
from pim.staging.round_trip.links import LinkTrip
from pim.staging.round_trip.trip import Trip

ATTEMPTS = 3


@dataclass(kw_only=True)
class Applier:
    """Writes what a decider decides, for one file of one run."""

    session: Session
    decider: Decider
    run_id: int
    change_set_id: int

    def values(self, chunk: ReadChunk) -> Counts:
        """Decide and write a chunk; what somebody else wrote meanwhile is decided again."""
        return self._attempt(lambda: self._values(chunk))

    def associations(self, frame: pl.DataFrame) -> Counts:
        """Write the association columns of a chunk; returns how the counts move."""
        return self._attempt(lambda: self._associations(frame))

    def _attempt(self, chunk: Callable[[], Counts]) -> Counts:
        for left in reversed(range(ATTEMPTS)):
            try:
                with self.session.begin_nested():
                    return chunk()
            except (IntegrityError, OperationalError) as error:
                lost = isinstance(error, OperationalError) and not met(error)
                if left == 0 or lost:  # a database that is gone, or full, is no better next time
                    raise
        raise AssertionError("unreachable")

    def _values(self, chunk: ReadChunk) -> Counts:
        decider = self.decider
        decision = decider.decide(chunk)
        kind = decider.plan.kind
        new = pl.Series(
            "id", writer.reserve_ids(self.session, decision.creates.height), dtype=pl.Int64
        )
        creates = decision.creates.with_columns(new)
        writer.create(self.session, change_set_id=self.change_set_id, kind=kind, frame=creates)
        writer.update(
            self.session,
            change_set_id=self.change_set_id,
            kind=kind,
            frame=decision.updates,
            attributes=decider.plan.attributes or ("*",),
        )
        moved = decision.updates.filter("moves_unique")["id"].to_list()
        sync_unique_values(self.session, kind=kind, ids=moved, structure=decider.structure)
        for attribute_id, values in decision.uniques.items():
            register(self.session, attribute_id=attribute_id, values=values, ids=new)
        self._note(decision.findings)
        conflicts = self._note_conflicts(decision.trip, decision.findings)
        return replace(decision.counts, conflicts=conflicts)

    def _note_conflicts(self, trip: Trip | None, findings: Findings) -> int:
        """Note the cells that others changed, too; return how many these are."""
        if trip is None or not trip.clashes.found:
            return 0
        frame = trip.clashes.frame(
            trip.entities,
            rows=findings.rows,
            rejected=findings.rejected,
            run_id=self.run_id,
            file=self.decider.file,
            kind=self.decider.plan.kind,
        )
        return copy_in(self.session, "import_conflict", frame)

    def _note(self, findings: Findings) -> None:
        frame = violation_frame(findings.numbered(), run_id=self.run_id, file=self.decider.file)
        copy_in(self.session, "import_violation", frame)

    def _associations(self, frame: pl.DataFrame) -> Counts:
        decider = self.decider
        accepted = frame.filter(~pl.col(ROW).is_in(self._rejected(frame)))
        findings = Findings(accepted[ROW].to_list())
        trip = decider.begin(accepted)
        links = (
            LinkTrip(trip=trip, session=self.session, structure=decider.structure) if trip else None
        )
        reader = AssociationReader(
            session=self.session,
            structure=decider.structure,
            plan=decider.plan,
            file=decider.file,
            clears=decider.reader.cells.blank == "clear",
            trip=links,
        )
        patches, mirrors = reader.patches(accepted, findings)
        newly = self._untouched(patches["id"].to_list())
        self._write_patches(patches, decider.plan.kind)
        write_mirrors(self.session, change_set_id=self.change_set_id, mirrors=mirrors)
        self._note(findings)
        conflicts = self._note_conflicts(trip, findings)
        warnings = len(findings.found)
        return Counts(updated=newly, unchanged=-newly, warnings=warnings, conflicts=conflicts)

    def _rejected(self, frame: pl.DataFrame) -> list[int]:
        rows = self.session.execute(
            text(
                'SELECT DISTINCT "row" FROM import_violation WHERE run_id = :run AND file = :file'
                " AND severity = 'error' AND \"row\" BETWEEN :first AND :last"
            ),
            {
                "run": self.run_id,
                "file": self.decider.file,
                "first": frame[ROW].min() or 0,
                "last": frame[ROW].max() or 0,
            },
        )
        return list(rows.scalars())

    def _untouched(self, ids: list[int]) -> int:
        """Count entities whose rows of this file have not changed anything yet."""
        if self.decider.resolves:
            return len(ids)
        known = self.session.scalar(
            text(
                "SELECT count(*) FROM history WHERE change_set_id = :change_set"
                " AND entity_id = ANY(:ids) AND source_file = :file"
            ),
            {"change_set": self.change_set_id, "ids": ids, "file": self.decider.file},
        )
        return len(ids) - int(known or 0)

    def _write_patches(self, patches: pl.DataFrame, kind: int) -> None:
        writer.update(
            self.session,
            change_set_id=self.change_set_id,
            kind=kind,
            frame=patches,
            attributes=("associations",),
        )
