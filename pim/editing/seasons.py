"""Seasons: options of a select attribute, carried over to the next one, and archived.

The options' order is that of the seasons. Both verbs are bulk edits: one change set that can be
undone, written at the level that owns the attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pim.domain.structure import Attribute, AttributeOption, Structure
from pim.errors import NotFound, Refused
from pim.projection import Reading

#: The attribute that is meant if none is named.
USUAL: Final = "season"
SIMPLE: Final = "pim_catalog_simpleselect"
MULTI: Final = "pim_catalog_multiselect"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Planned:
    """A bulk edit, as documents: which products, what is done to them, and its label."""

    where: Document
    do: Sequence[Document]
    label: str


def season_attribute(structure: Structure, code: str | None) -> Attribute:
    """Return the attribute whose options are the seasons; raises NotFound or Refused."""
    attribute = structure.attributes.get(code or USUAL)
    if attribute is None:
        mend = "Name another with --attribute." if code is None else "Check its code."
        raise NotFound(f'There is no attribute "{code or USUAL}". {mend}')
    if attribute.type not in (SIMPLE, MULTI) or attribute.localizable or attribute.scopable:
        raise Refused(
            f"Seasons are options of a select attribute that is the same everywhere; "
            f'"{attribute.code}" is not one. Name another with --attribute.'
        )
    return attribute


def seasons(attribute: Attribute) -> list[AttributeOption]:
    """Return the seasons in their order."""
    return sorted(attribute.options, key=lambda option: (option.sort_order, option.id))


def list_seasons(reading: Reading, attribute: Attribute) -> list[dict[str, Any]]:
    """Return {season, label, products, enabled, carried_over, archived} of each season, in order.

    `carried_over` are the products that are in a later season as well; `archived` those that are
    disabled and in no later one.
    """
    order = {option.id: number for number, option in enumerate(seasons(attribute))}
    frame = reading.frame(["enabled", attribute.code]).rename({attribute.code: "season"})
    if attribute.type == SIMPLE:
        frame = frame.with_columns(pl.concat_list("season"))
    ids = pl.Series(list(order), dtype=pl.Int64)
    places = pl.Series(list(order.values()), dtype=pl.Int32)
    counted = (
        frame.with_row_index("row")
        .explode("season", empty_as_null=True)
        .filter(pl.col("season").is_in(ids.implode()))
        .with_columns(pl.col("season").replace_strict(ids, places, return_dtype=pl.Int32))
        .with_columns(later=pl.col("season") < pl.col("season").max().over("row"))
        .group_by("season")
        .agg(
            products=pl.len(),
            enabled=pl.col("enabled").sum(),
            carried_over=pl.col("later").sum(),
            archived=(~pl.col("enabled") & ~pl.col("later")).sum(),
        )
    )
    known = {row["season"]: row for row in counted.iter_rows(named=True)}
    figures = ("products", "enabled", "carried_over", "archived")
    return [
        {
            "season": option.code,
            "label": option.labels,
            **{name: known.get(order[option.id], {}).get(name, 0) for name in figures},
        }
        for option in seasons(attribute)
    ]


def carry_over(
    attribute: Attribute, earlier: str, later: str, where: Document | None = None
) -> Planned:
    """Return the edit that puts products of one season into a later one as well.

    With an attribute that holds one season only they change to the later one. `where` says which
    of them, by default all.
    """
    source, target = _option(attribute, earlier), _option(attribute, later)
    if _place(attribute, target) <= _place(attribute, source):
        raise Refused(
            f"{target.code} does not come after {source.code}. Seasons follow the order of the "
            f'options of "{attribute.code}": change that, or carry over to a later one.'
        )
    of_season = {"field": attribute.code, "operator": "IN", "value": [source.code]}
    chosen = {"all": [of_season, dict(where)]} if where else of_season
    step: Document = {"type": "add", "field": attribute.code, "items": [target.code]}
    if attribute.type == SIMPLE:
        step = {"type": "set", "field": attribute.code, "value": target.code}
    return Planned(chosen, [step], f"Carry {source.code} over to {target.code}")


def archive(attribute: Attribute, code: str, *, keep_carried_over: bool = True) -> Planned:
    """Return the edit that disables the products of a season, but for those in a later one."""
    option = _option(attribute, code)
    asked: list[Document] = [
        {"field": attribute.code, "operator": "IN", "value": [option.code]},
        {"field": "enabled", "operator": "=", "value": True},
    ]
    place = _place(attribute, option)
    later = [each.code for each in seasons(attribute)[place + 1 :]]
    if keep_carried_over and later:
        asked.append({"not": {"field": attribute.code, "operator": "IN", "value": later}})
    return Planned({"all": asked}, [{"type": "disable"}], f"Archive {option.code}")


def _option(attribute: Attribute, code: str) -> AttributeOption:
    option = attribute.options.get(code)
    if option is None:
        known = ", ".join(each.code for each in seasons(attribute)[:20])
        raise NotFound(f'There is no season "{code}". Seasons: {known or "none yet"}.')
    return option


def _place(attribute: Attribute, option: AttributeOption) -> int:
    return [each.id for each in seasons(attribute)].index(option.id)
