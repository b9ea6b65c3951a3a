"""Somebody who keeps rules for the small shoe catalogue, and lets them work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim.db.runs import Run, find_run
from pim.db.unit_of_work import unit_of_work
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.bulk import BulkEdit, BulkResult
from pim.editing.rules.applying import Applied, save_with_rules
from pim.editing.rules.running import RuleRun, ask
from pim.editing.rules.service import Written, apply_documents
from pim.jobs import tasks
from pim.jobs.context import JobContext
from pim.products.history import find_entity
from pim.products.saving import CellEdit, Edit, Saved
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

Document = Mapping[str, Any]


def rule(code: str, *do: Document, where: Document | None = None, **more: Any) -> dict[str, Any]:
    """Return the document of a rule."""
    return {"code": code, "where": dict(where or {}), "do": list(do), **more}


def put(field: str, value: Any, **more: Any) -> dict[str, Any]:
    """Return an operation that sets a value."""
    return {"type": "set", "field": field, "value": value, **more}


def asks(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """Return a condition of one field."""
    given = {} if value is None else {"value": value}
    return {"field": field, "operator": operator, **given, **more}


@dataclass
class Ruler:
    """Saves rules and runs them as workers do; every act is a unit of work of its own."""

    catalogue: Catalogue
    context: JobContext

    def save(self, *documents: Document) -> Written:
        """Save rules."""
        with unit_of_work(self.catalogue.engine) as work:
            return apply_documents(work, documents, current(work.session))

    def ask(self, *codes: str, **more: Any) -> int:
        """Ask for a run of rules, and return its number."""
        with unit_of_work(self.catalogue.engine) as work:
            return ask(work, codes, **more).id

    def run(self, *codes: str, **more: Any) -> dict[str, Any]:
        """Run rules to their end, and return what they came to."""
        return self.work_at(self.ask(*codes, **more))

    def work_at(self, number: int) -> dict[str, Any]:
        """Carry out a queued run as a worker does."""
        tasks.carry_out(self.context, "rules", number)
        run = self.run_of(number)
        assert run.state == "done", run.error
        return dict(run.result or {})

    def run_of(self, number: int) -> Run:
        """Return a run."""
        with unit_of_work(self.catalogue.engine) as work:
            return find_run(work.session, number)

    def foretell(self, *codes: str) -> dict[str, Any]:
        """Return what rules would do."""
        with unit_of_work(self.catalogue.engine, dry_run=True) as work:
            structure = current(work.session)
            return RuleRun(work, self.context.projection, structure, codes=codes).carry_out()

    def edit(self, where: Document, *do: Document) -> BulkResult:
        """Edit in bulk, as a person does."""
        with unit_of_work(self.catalogue.engine) as work:
            structure = current(work.session)
            return BulkEdit(work, self.context.projection, structure, where, list(do)).run()

    def type_in(
        self, name: str, values: Mapping[str, Any]
    ) -> tuple[Saved, Sequence[Applied], Sequence[Violation]]:
        """Save values of one product or model by attribute, with the rules that saves start."""
        with unit_of_work(self.catalogue.engine) as work:
            entity = find_entity(work.session, name)
            cells = [CellEdit(address=Cell(a), data=data) for a, data in values.items()]
            edit = Edit(id=entity.id, kind=entity.kind, cells=cells)
            return save_with_rules(work, [edit], current(work.session))
