"""Rules that wake each other in a circle, and rules that say different things of the same cell."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pim.domain.attribute_types.problems import problem
from pim.domain.violations import Violation
from pim.rules import effects
from pim.rules.definition import Definition


@dataclass(frozen=True, kw_only=True)
class Link:
    """One rule writes what another reads."""

    writer: str
    reader: str
    fields: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON of this link."""
        return {"rule": self.writer, "wakes": self.reader, "fields": list(self.fields)}


#: Rules in a circle, each waking the next, the last one the first.
Cycle = tuple[Link, ...]


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two rules set the same cell; where both hold, the winner's data stay."""

    field: str
    winner: str
    loser: str

    def document(self) -> dict[str, Any]:
        """Return the JSON of this clash."""
        return {"field": self.field, "winner": self.winner, "loser": self.loser}


def wakes(writer: Definition, reader: Definition) -> frozenset[str]:
    """Return what one rule writes of what another reads; none of what it may not say of it.

    A rule wakes itself if it may write what its own condition or a copy of it reads.
    """
    return effects.meet(writer.writes, reader.reads)


def cycles(rules: Sequence[Definition]) -> list[Cycle]:
    """Return circles of two rules and more among those that are enabled, each rule's shortest."""
    active = sorted((rule for rule in rules if rule.enabled), key=lambda rule: rule.rank)
    links = {
        writer.code: {
            reader.code: Link(writer=writer.code, reader=reader.code, fields=tuple(sorted(fields)))
            for reader in active
            if reader.code != writer.code and (fields := wakes(writer, reader))
        }
        for writer in active
    }
    found: dict[frozenset[str], Cycle] = {}
    for code in links:
        if cycle := _shortest(code, links):
            found.setdefault(frozenset(link.writer for link in cycle), cycle)
    return list(found.values())


def _shortest(start: str, links: Mapping[str, Mapping[str, Link]]) -> Cycle | None:
    """Return the shortest way from a rule back to itself."""
    ways: deque[Cycle] = deque((link,) for link in links[start].values())
    seen = {start}
    while ways:
        way = ways.popleft()
        last = way[-1].reader
        if last == start:
            return way
        if last not in seen:
            seen.add(last)
            ways.extend((*way, link) for link in links[last].values())
    return None


def warning(cycle: Cycle) -> Violation:
    """Return a circle as a warning."""
    parts = [f"{link.writer} writes {', '.join(link.fields)}" for link in cycle]
    told = ", ".join(f"{part}, which {link.reader} reads" for part, link in
                     zip(parts, cycle, strict=True))  # fmt: skip
    message = "Rules wake each other in a circle: {circle}."
    mend = (
        "Let one of them write another attribute, or let the conditions exclude each other. A run"
        " stops after a number of passes and says so."
    )
    return _warning(problem("rule.cycle", "", message, cycle[0].writer, circle=told, mend=mend))


def clashes(rules: Sequence[Definition]) -> list[Clash]:
    """Return the cells that two enabled rules set, with the one whose data stay."""
    active = sorted((rule for rule in rules if rule.enabled), key=lambda rule: rule.rank)
    return list(_clashes(active))


def _clashes(ordered: Sequence[Definition]) -> Iterator[Clash]:
    for place, winner in enumerate(ordered):
        for loser in ordered[place + 1 :]:
            for field in sorted(winner.sets & loser.sets):
                yield Clash(field=field, winner=winner.code, loser=loser.code)


def contradiction(clash: Clash) -> Violation:
    """Return a clash as a warning."""
    message = "{winner} and {loser} both set {field}; where both apply, {winner} wins."
    mend = "Let the conditions exclude each other, or leave it so: the higher priority wins."
    return _warning(
        problem("rule.clash", clash.field, message, clash.loser, field=clash.field,
                winner=clash.winner, loser=clash.loser, mend=mend)
    )  # fmt: skip


def _warning(violation: Violation) -> Violation:
    return replace(violation, severity="warning")
