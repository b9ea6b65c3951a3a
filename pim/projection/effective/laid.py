"""Columns with campaigns laid over them: who wins each row, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pim.domain.structure import Structure
from pim.projection import lowered
from pim.projection.columns import Column
from pim.projection.effective.outcomes import CLAIMED, VALID, decided, outcome
from pim.projection.effective.parts import Part
from pim.projection.effective.plans import Chain, Plan
from pim.projection.piece import ROW

#: Gives columns of the base by name, of all rows or of chosen ones, `id` among them.
Read = Callable[[Sequence[Column], pl.Series | None], pl.DataFrame]

NOBODY: Final = -1


@dataclass(frozen=True)
class Laid:
    """What campaigns have laid over one part of some rows.

    `rows` has row, who (the number of the campaign), VALID, and the part's columns; `places` says
    for every row which of these it is, null for one that shows its base.
    """

    rows: pl.DataFrame
    places: pl.Series

    def over(self, base: pl.Series, rows: pl.Series | None = None) -> pl.Series:
        """Return a column with what lies over it; `rows` says which rows the column has."""
        if self.rows.is_empty():
            return base
        places = self.places if rows is None else self.places.gather(rows)
        if places.null_count() == len(places):
            return base
        plain = lowered.plain(base.name)
        values = self.rows[plain or base.name]
        over = (lowered.of(values) if plain else values).gather(places)
        return base.zip_with(places.is_null(), over).alias(base.name)


def lay(
    part: Part,
    plans: Sequence[Plan],
    masks: Sequence[pl.Series],
    read: Read,
    height: int,
    structure: Structure,
) -> Laid:
    """Return what campaigns, the winner first, lay over the rows that their masks name."""
    found = pl.DataFrame(schema=_schema(part))
    if part.names == ["categories"]:
        parts = [_one_by_one(part, plans, masks, read, structure)]
    else:
        parts = list(_rounds(part, plans, masks, read, height, structure))
    found = pl.concat([found, *parts]).sort("row")
    at = pl.int_range(0, found.height, dtype=ROW, eager=True)
    places = pl.repeat(None, height, dtype=ROW, eager=True)
    if found.height:
        places = places.scatter(found["row"], at)
    return Laid(found, places)


def _schema(part: Part) -> dict[str, Any]:
    shown = {column.name: column.dtype for column in part.columns}
    return {"row": ROW, "who": pl.Int32, VALID: pl.Boolean, **shown}


def _rounds(
    part: Part,
    plans: Sequence[Plan],
    masks: Sequence[pl.Series],
    read: Read,
    height: int,
    structure: Structure,
) -> Iterator[pl.DataFrame]:
    """Yield rows as they are won; what a campaign does not claim goes to the next one."""
    chains = [_chain(plan, part) for plan in plans]
    masks = [
        _spoken_of(plan, chain, mask, read)
        for plan, chain, mask in zip(plans, chains, masks, strict=True)
    ]
    who = _winners(masks, _idle(part, chains, masks, read, structure), height)
    rows = (who != NOBODY).arg_true()
    who = who.gather(rows)
    while len(rows):
        contest = pl.DataFrame({"row": rows.cast(ROW), "who": who})
        won = _won(part, plans, chains, contest, read, structure)
        yield won.filter(CLAIMED).select(_schema(part).keys())
        lost = won.filter(~pl.col(CLAIMED)).select("row", "who")
        rows, who = _next(lost, masks)


def _chain(plan: Plan, part: Part) -> Chain:
    chain = plan.chain(part)
    assert chain is not None, "only campaigns that touch a part are laid over it"
    return chain


def _spoken_of(plan: Plan, chain: Chain, mask: pl.Series, read: Read) -> pl.Series:
    """Return the rows of a campaign that its sheets speak of, where it has nothing but sheets."""
    if not chain.only_sheets or chain.part.cell is None:
        return mask
    given = [plan.given(sheet, chain.part.cell)["id"] for sheet in chain.sheets.values()]
    return mask & read([], None)["id"].is_in(pl.concat(given).implode())


def _idle(
    part: Part,
    chains: Sequence[Chain],
    masks: Sequence[pl.Series],
    read: Read,
    structure: Structure,
) -> list[pl.Series | None]:
    """Return for each campaign the rows that it leaves alone because they are empty.

    So a product without a price does not go from hand to hand through a thousand campaigns.
    """
    idle = {n for n, chain in enumerate(chains) if _leaves_empty(chain, structure)}
    if not idle:
        return [None] * len(chains)
    empty = read(part.columns, None).select(part.empty().alias("empty")).to_series()
    return [empty if number in idle else None for number in range(len(chains))]


def _leaves_empty(chain: Chain, structure: Structure) -> bool:
    """Tell whether a campaign has nothing to do with a product whose part is empty."""
    if len(chain.reads) > 1 or chain.sheets:
        return False
    if "idle" not in chain.known:
        nothing = (None,) * len(chain.part.columns)
        chain.known["idle"] = not outcome(chain, nothing, structure).claimed
    return chain.known["idle"]


def _winners(
    masks: Sequence[pl.Series], idle: Sequence[pl.Series | None], height: int
) -> pl.Series:
    """Return for every row the first campaign that has something to do with it."""
    who = pl.repeat(NOBODY, height, dtype=pl.Int32(), eager=True)
    for number in reversed(range(len(masks))):
        left_alone = idle[number]
        mask = masks[number] if left_alone is None else masks[number] & ~left_alone
        rows = mask.arg_true()
        if len(rows):
            who = who.scatter(rows, number)
    return who


def _next(lost: pl.DataFrame, masks: Sequence[pl.Series]) -> tuple[pl.Series, pl.Series]:
    """Return the rows that a later campaign chooses as well, and that campaign."""
    if lost.is_empty():
        return lost["row"], lost["who"]
    before, rows = lost["who"], lost["row"]
    who = pl.repeat(NOBODY, lost.height, dtype=pl.Int32(), eager=True)
    for number in range(len(masks) - 1, int(before.min()), -1):  # type: ignore[arg-type]
        mask = masks[number].gather(rows) & (before < number)
        who = who.set(mask, number)
    still = who != NOBODY
    return rows.filter(still), who.filter(still)


def _won(
    part: Part,
    plans: Sequence[Plan],
    chains: Sequence[Chain],
    contest: pl.DataFrame,
    read: Read,
    structure: Structure,
) -> pl.DataFrame:
    """Return row, who, CLAIMED, VALID and the part's columns of contested rows."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for number in contest["who"].unique().to_list():
        alike.setdefault(chains[number].names, []).append(number)
    parts = []
    for numbers in alike.values():
        mine = contest.filter(pl.col("who").is_in(numbers))
        parts.append(_decided(part, plans, chains, mine, read, structure))
    return pl.concat(parts)


def _decided(
    part: Part,
    plans: Sequence[Plan],
    chains: Sequence[Chain],
    contest: pl.DataFrame,
    read: Read,
    structure: Structure,
) -> pl.DataFrame:
    """Decide rows of campaigns that read the same columns, each distinct content once."""
    chain = chains[int(contest["who"][0])]
    columns = {c.name: c for each in chain.reads for c in each.columns}
    frame = read(list(columns.values()), contest["row"])
    for name, sheet in chain.sheets.items():
        assert part.cell is not None
        plan = plans[int(contest["who"][0])]
        given = plan.given(sheet, part.cell).rename({"data": name})
        frame = frame.join(given, on="id", how="left", maintain_order="left")
    held = contest.hstack(frame.select(chain.names))
    keys = ["who", *chain.names]
    groups = held.group_by(keys, maintain_order=True).agg("row")
    contents = [(chains[who], tuple(content)) for who, *content in groups.select(keys).rows()]
    known = groups.select("row", "who").hstack(decided(contents, part, structure))
    return known.explode("row", empty_as_null=True)


def _one_by_one(
    part: Part,
    plans: Sequence[Plan],
    masks: Sequence[pl.Series],
    read: Read,
    structure: Structure,
) -> pl.DataFrame:
    """Return rows whose lists many campaigns add to and take from, the winner last.

    A category is a cell of its own: one campaign puts a product into Sale, another into Gifts.
    """
    shown = pl.DataFrame(schema=_schema(part))
    for number in reversed(range(len(plans))):
        rows = masks[number].arg_true().cast(ROW)
        if not len(rows):
            continue
        chain = _chain(plans[number], part)
        base = read(part.columns, rows).select(part.names)
        below = pl.DataFrame({"row": rows}).join(
            shown.select("row", *part.names), on="row", how="left", maintain_order="left"
        )
        name = part.names[0]
        content = below[name].zip_with(below[name].is_not_null(), base[name])
        held = pl.DataFrame({"row": rows, name: content})
        groups = held.group_by(name, maintain_order=True).agg("row")
        contents = [(chain, (content,)) for content in groups[name].to_list()]
        told = decided(contents, part, structure).drop(CLAIMED)
        new = (
            groups.select("row")
            .hstack(told)
            .explode("row", empty_as_null=True)
            .with_columns(pl.lit(number, dtype=pl.Int32).alias("who"))
            .select(_schema(part).keys())
        )
        shown = pl.concat([shown.join(new, on="row", how="anti"), new])
    return shown
