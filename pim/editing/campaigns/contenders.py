"""Campaigns that may compete for cells: those that are saved, and those about to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final

from pim.campaigns.definition import Definition
from pim.campaigns.running import Campaign, Readable, not_ended
from pim.domain.structure import Structure

#: Campaigns that are not saved yet come after any that is, as they will when they are saved.
NEWEST: Final = 2**63 - 1

#: Readings remember campaigns by id and version; one that is not saved must never meet another.
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A campaign, the id by which it takes its turn, and the channels that it concerns."""

    campaign: Campaign
    turn: int
    channels: frozenset[str]

    @property
    def rank(self) -> tuple[Any, ...]:
        """Return what orders contenders by precedence, the winner first."""
        one = self.campaign
        return -one.priority, -one.starts_at.timestamp(), -self.turn, -one.version

    def meets(self, other: Contender) -> bool:
        """Tell whether both run at some moment in some channel."""
        one, two = self.campaign, other.campaign
        together = one.starts_at < two.ends_at and two.starts_at < one.ends_at
        return together and not self.channels.isdisjoint(other.channels)


def unsaved(definition: Definition, known: int | None) -> tuple[Campaign, int]:
    """Return a definition as a campaign that readings can lay, and the id of its turn.

    `known` is the id of the campaign that it will change. What it chooses now stands for what it
    will freeze.
    """
    campaign = Campaign(
        id=-next(_numbers),
        version=0,
        code=definition.code,
        label=definition.label,
        starts_at=definition.starts_at,
        ends_at=definition.ends_at,
        channels=definition.channels,
        locales=definition.locales,
        priority=definition.priority,
        where=definition.document["where"],
        do=definition.document["do"],
        members=None,
    )
    return campaign, NEWEST if known is None else known


def contenders(
    connection: Readable,
    structure: Structure,
    *,
    after: datetime,
    definitions: Sequence[Definition] = (),
) -> tuple[list[Contender], frozenset[str]]:
    """Return all campaigns that have not ended at a moment, in order of precedence.

    Definitions take the place of what is saved under their codes; their codes, folded, come too.
    """
    saved = not_ended(connection, after)
    ids = {campaign.code.casefold(): campaign.id for campaign in saved}
    codes = frozenset(definition.code.casefold() for definition in definitions)
    kept = ((campaign, campaign.id) for campaign in saved if campaign.code.casefold() not in codes)
    new = (unsaved(each, ids.get(each.code.casefold())) for each in definitions)
    found = [_contender(structure, *each) for each in (*kept, *new)]
    return sorted(found, key=lambda each: each.rank), codes


def _contender(structure: Structure, campaign: Campaign, turn: int) -> Contender:
    known = [channel.code for channel in structure.channels]
    wanted = {code.casefold() for code in campaign.channels}
    chosen = (code for code in known if not wanted or code.casefold() in wanted)
    return Contender(campaign=campaign, turn=turn, channels=frozenset(chosen))


def pairs(
    ranked: Sequence[Contender], among: Collection[str] | None = None
) -> Iterator[tuple[Contender, Contender]]:
    """Yield campaigns that meet, the winner first; with `among` only pairs with one of these.

    `among` are codes in lower case.
    """
    places = {id(each): place for place, each in enumerate(ranked)}
    open_: list[Contender] = []
    found: list[tuple[int, int]] = []
    for each in sorted(ranked, key=lambda one: one.campaign.starts_at):
        open_ = [one for one in open_ if one.campaign.ends_at > each.campaign.starts_at]
        found += [_ordered(places[id(each)], places[id(one)]) for one in open_ if each.meets(one)]
        open_.append(each)
    for winner, loser in sorted(found):
        pair = ranked[winner], ranked[loser]
        if among is None or any(one.campaign.code.casefold() in among for one in pair):
            yield pair


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
