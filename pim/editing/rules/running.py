"""Runs of rules: each rule a bulk edit with a run and a change set of its own, in their order.

The run over them keeps which rules were asked for. One that was interrupted goes on: the bulk edit
that stopped is taken up behind its last chunk, and then the rules are gone through once more; what
was done already has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl
from sqlalchemy import select, text

from pim.db import runs
from pim.db.queue import enqueue_run
from pim.db.runs import Cancelled, Run
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.editing import selection
from pim.editing.bulk import BulkEdit
from pim.editing.result import BulkResult
from pim.editing.rows import Recheck
from pim.editing.rules import passes, rows
from pim.editing.rules.service import told
from pim.errors import Refused
from pim.products.past.touched import change_set_history
from pim.projection import Projection
from pim.rules import queries
from pim.rules.definition import Definition
from pim.settings import Settings

#: The kind of runs over rules.
KIND: Final = "rules"
#: Products whose cells a dry run shows, for each rule.
SHOWN: Final = 50

Progress = Callable[[int, int, str], None]
Document = dict[str, Any]


def ask(
    work: Work,
    codes: Sequence[str] = (),
    *,
    trigger: str | None = None,
    change_set: int | None = None,
) -> Run:
    """Return the queued run of rules: those named, those that a trigger starts, or all.

    With `change_set` only what that has touched is looked at.
    """
    named = [queries.find_rule(work.session, code).code for code in codes]
    parameters = {"rules": named, "trigger": trigger, "change_set": change_set}
    label = ", ".join(named) or {"import": "Rules after an import"}.get(trigger or "", "Rules")
    return enqueue_run(work, kind=KIND, label=label, parameters=parameters, lock=KIND)


def ask_after_import(work: Work, structure: Structure, change_set: int) -> Run | None:
    """Return the queued run of the rules that imports start, None if there are none."""
    if not queries.started_by(work.session, structure, "import"):
        return None
    return ask(work, trigger="import", change_set=change_set)


@dataclass
class RuleRun:
    """Rules at work on the whole catalogue, or on what a change set has touched.

    Without `run` in a dry run, whose unit of work never commits: the same code, and the cells.
    """

    work: Work
    projection: Projection
    structure: Structure
    run: Run | None = None
    codes: Sequence[str] = ()
    trigger: str | None = None
    change_set: int | None = None
    runs_folder: Path | None = None
    settings: Settings | None = None
    progress: Progress = lambda _done, _total, _stage: None
    _done: list[Document] = field(default_factory=list)
    _foretold: set[int] = field(default_factory=set)

    def carry_out(self) -> Document:
        """Carry the rules out, and return {rules: [...], unsettled, violations}.

        Raises Cancelled when somebody has cancelled the run, NotFound or Refused for rules that
        are not there or cannot run.
        """
        rules = self._rules()
        self._take_up()
        left = passes.settle(rules, self._carry_out)
        return {
            "rules": self._done,
            "unsettled": left,
            "violations": [told(violation) for violation in passes.unsettled(left)],
        }

    def _rules(self) -> list[Definition]:
        session = self.work.session
        if not self.codes and self.trigger:
            return queries.started_by(session, self.structure, self.trigger)
        if not self.codes:
            return queries.enabled(session, self.structure)
        versions = [queries.find_rule(session, code) for code in self.codes]
        found, broken = queries.understood(versions, self.structure)
        for code, violations in broken.items():
            raise Refused(f'The rule "{code}" cannot run: the structure has changed.', violations)
        for rule in found:
            if not rule.enabled and not self.work.dry_run:
                raise Refused(
                    f'The rule "{rule.code}" is disabled, so it was not run. Look at what it would'
                    f" do with --dry-run; pim rule enable {rule.code} lets it run."
                )
        return sorted(found, key=lambda rule: rule.rank)

    def _carry_out(self, rule: Definition) -> bool:
        """Carry a rule out as a bulk edit; tell whether it has changed anything."""
        if self.run is not None:
            runs.heed_cancel(self.work.session, self.run)
        chosen = self._chosen(rule)
        if chosen.is_empty():
            return False
        edit = BulkEdit(
            work=self.work,
            projection=self.projection,
            structure=self.structure,
            where=rule.document["where"],
            do=rule.document["do"],
            label=rule.code,
            progress=self._advance,
            runs_folder=self.runs_folder,
            settings=self.settings,
            rule={"code": rule.code, "within": self.run.id if self.run else None},
            rows=chosen,
        )
        result = edit.run()
        self._note(rule.code, result, edit.change_set)
        return result.changed > 0

    def _chosen(self, rule: Definition) -> pl.DataFrame:
        session, now = self.work.session, self.work.clock()
        recheck = Recheck(rule.where, self.structure, now, self.projection.facts)
        if self.change_set is not None:
            near = rows.rows_below(session, rows.ids({*self._imported, *self._foretold}))
            return rows.meeting(session, recheck, rule, near)
        found = selection.select(self.projection, rule.where, now).rows.drop("chunk")
        if not self._foretold:
            return found
        near = rows.rows_below(session, rows.ids(self._foretold))
        far = found.filter(~pl.col("id").is_in(near["id"].implode())).select(list(rows.SCHEMA))
        return pl.concat([far, rows.meeting(session, recheck, rule, near)])

    @cached_property
    def _imported(self) -> list[int]:
        assert self.change_set is not None
        return rows.touched(self.work.session, self.change_set).to_list()

    def _note(self, code: str, result: BulkResult, change_set: int | None) -> None:
        """Keep what a rule came to; in a dry run its cells, which go with the transaction."""
        document: Document = {"rule": code, **result.document()}
        if change_set is not None and self.work.dry_run:
            told_of = change_set_history(self.work.session, self.structure, change_set, limit=SHOWN)
            document["cells"] = [
                {
                    "identifier": each.name,
                    "field": cell.field,
                    "before": cell.old,
                    "after": cell.new,
                }
                for each in told_of
                for cell in each.entry.cells
            ]
        if change_set is not None and (self.work.dry_run or self.change_set is not None):
            self._foretold |= set(rows.touched(self.work.session, change_set))
        self._done.append(document)

    def _advance(self, done: int, total: int, stage: str) -> None:
        """Show how far a rule is, and pass a wish to stop on to its bulk edit."""
        self.progress(done, total, stage)
        if self.run is None or self.work.dry_run:
            return
        self.work.session.refresh(self.run, ["cancel_requested"])
        if self.run.cancel_requested:
            self.work.session.execute(_STOP, {"run": self.run.id})
        runs.progress(self.work, self.run, done=done, total=total, stage="rules")
        self.work.commit()

    def _take_up(self) -> None:
        """Finish the bulk edits of an earlier attempt that stopped before their end."""
        for number in self._unfinished():
            stopped = runs.find_run(self.work.session, number)
            assert self.runs_folder is not None
            result = BulkEdit.again(
                self.work,
                self.projection,
                self.structure,
                stopped,
                runs_folder=self.runs_folder,
                settings=self.settings,
                progress=self._advance,
            )
            self._note(stopped.label, result, result.change_set)

    def _unfinished(self) -> list[int]:
        if self.run is None:
            return []
        states = ("running", *runs.UNFINISHED)
        query = select(Run.id).where(Run.kind == "bulk", Run.state.in_(states))
        within = Run.parameters["rule"]["within"].as_integer() == self.run.id
        return list(self.work.session.scalars(query.where(within).order_by(Run.id)))


_STOP = text(
    """
    UPDATE run SET cancel_requested = true
    WHERE kind = 'bulk' AND state = 'running'
      AND (parameters -> 'rule' ->> 'within')::bigint = :run
    """
)

__all__ = ["KIND", "Cancelled", "RuleRun", "ask", "ask_after_import"]
