"""Which cells rules keep from others: asked in one place by saves, imports and bulk edits.

A rule holds a cell of a product that meets its condition; of a model, the cells that any product
below it has from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.conditions import Facts, Table, compile_sql, source
from pim.domain.conditions import Condition, leaves
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.rules import effects, queries
from pim.rules.definition import Definition

READ_ONLY: Final = "rule.read_only"

#: By entity, the columns that are held and the code of the rule that holds each.
Held = Mapping[int, Mapping[str, str]]

#: No rule holds these: what belongs to several sides at once.
_SHARED: Final = frozenset({effects.ANY, "associations"})


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One rule's hold on columns."""

    rule: str
    names: frozenset[str]
    where: Condition

    @property
    def of_models(self) -> bool:
        """Tell whether models meet the condition by themselves: it asks about their level."""
        return any(leaf.field == "level" for leaf in leaves(self.where.root))


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The holds of several rules, the strongest first; `silent` ones are no fault of anybody."""

    guards: Sequence[Guard]
    structure: Structure
    now: datetime
    facts: Facts | None = None
    silent: bool = False

    def over(self, columns: Iterable[str]) -> list[Guard]:
        """Return those that hold any of some columns."""
        wanted = frozenset(columns)
        return [guard for guard in self.guards if guard.names & wanted]

    def held(
        self, session: Session, table: Table, ids: Sequence[int], columns: Iterable[str]
    ) -> Held:
        """Return which columns of products or models are held, as the database has them now."""
        wanted = frozenset(columns)
        found: dict[int, dict[str, str]] = {}
        for guard in self.over(wanted) if ids else ():
            names = guard.names & wanted
            for id_ in self._met(session, guard, table, ids):
                columns_of = found.setdefault(id_, {})
                for name in names:
                    columns_of.setdefault(name, guard.rule)
        return found

    def _met(
        self, session: Session, guard: Guard, table: Table, ids: Sequence[int]
    ) -> Iterable[int]:
        if table == "product":
            return self._ask(session, guard, "product", "e.id", "e.id = ANY(:ids)", ids)
        met: set[int] = set()
        for owner in ("e.parent_id", "p1.parent_id"):
            met |= set(self._ask(session, guard, "product", owner, f"{owner} = ANY(:ids)", ids))
        if guard.of_models:
            met |= set(self._ask(session, guard, table, "e.id", "e.id = ANY(:ids)", ids))
        return met

    def _ask(
        self,
        session: Session,
        guard: Guard,
        table: Table,
        column: str,
        among: str,
        ids: Sequence[int],
    ) -> Sequence[int]:
        compiled = compile_sql(guard.where, self.structure, self.now, table=table, facts=self.facts)
        query = f"SELECT DISTINCT {column} FROM {source(table)} WHERE {among} AND {compiled.sql}"  # noqa: S608
        given: dict[str, Any] = {**compiled.parameters, "ids": list(ids)}
        return session.execute(text(query), given).scalars().all()


def read_only(session: Session, structure: Structure, now: datetime) -> Guards:
    """Return what rules keep from people and from imports."""
    return _guards(
        [(rule, rule.writes) for rule in queries.protecting(session, structure)], structure, now
    )


def stronger(
    rule: Definition,
    others: Iterable[Definition],
    now: datetime,
    facts: Facts | None = None,
) -> Guards:
    """Return what rules of a higher rank keep from a rule: the cells that both set."""
    holding = [
        (other, other.sets & rule.sets)
        for other in others
        if other.rank < rule.rank and other.sets & rule.sets
    ]
    return _guards(holding, rule.structure, now, facts=facts, silent=True)


def refusal(column: str, rule: str) -> Violation:
    """Return why somebody may not change a cell."""
    return Violation(
        code=READ_ONLY,
        path=column,
        message="{field} is set by the rule {rule}, which makes it read-only for this product.",
        parameters={"field": column, "rule": rule},
        mend="Change the rule (pim rule show {rule}), or what its condition asks for.",
    )


def _guards(
    holding: Iterable[tuple[Definition, frozenset[str]]],
    structure: Structure,
    now: datetime,
    **more: Any,
) -> Guards:
    found = [
        Guard(rule=rule.code, names=names - _SHARED, where=rule.where) for rule, names in holding
    ]
    return Guards(guards=found, structure=structure, now=now, **more)
