"""How ready the products of a drop are for each of its channels, at the drop's moment.

Everything is asked in columns of the reading that the channel will show then, campaigns of that
moment included: complete, pictured, priced, translated, and which feeds select them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from channels.feeds.known import definition_of
from channels.feeds.service import list_feeds
from channels.publication.selection import SKUS, select_products
from pim.campaigns.models import CampaignVersion
from pim.campaigns.running import Campaign, running, versions
from pim.domain.structure import ALL, Attribute, Channel, Family, Structure
from pim.domain.values import Cell
from pim.errors import NotFound, Refused
from pim.projection import Reading, columns
from pim.projection.columns import PRICES, Column
from pim.projection.effective import Effective
from pim.projection.effective.running import concerns, laid

PICTURE: Final = "pim_catalog_image"
ASPECTS: Final = ("complete", "pictured", "priced", "translated")
#: Products of a channel that are listed with what they lack.
LISTED: Final = 20


@dataclass(frozen=True)
class Need:
    """A column that products need for one aspect; `families` (ids) are those that ask for it."""

    aspect: str
    told: str
    column: Column
    families: tuple[int, ...]

    def lacking(self) -> pl.Expr:
        """Return whether a product needs the column and holds nothing in it."""
        held = pl.col(self.column.name)
        empty = held.is_null()
        if self.column.dtype == pl.String():
            empty |= held == ""
        return pl.col("family").is_in(list(self.families)) & empty


def readiness(
    session: Session,
    reading: Reading,
    drop: CampaignVersion,
    now: datetime,
    *,
    pictures: Sequence[str] = (),
) -> dict[str, Any]:
    """Return {drop, at, channels: [{channel, products, complete, ..., feeds, lacking}]}.

    Each aspect counts the products that have all that it asks for. `pictures` are the attributes
    that must hold a picture, by default those that a family requires for the channel. Of a drop
    that is over, things are told as they are now. Raises NotFound for an unknown attribute.
    """
    at = max(now, drop.ends_at)
    connection = session.connection()
    (campaign,) = versions(connection, [(drop.campaign_id, drop.version)])
    then = running(connection, at)
    told = []
    for channel in reading.structure.channels:
        if concerns(campaign, channel.code):
            ids = _products(connection, reading, campaign, channel.code, now)
            shown = laid(connection, reading, then, channel.code, at)
            told.append(_of_channel(session, shown, channel, ids, at, pictures))
    return {"drop": drop.code, "at": at, "channels": told}


def _products(
    connection: Any, reading: Reading, campaign: Campaign, channel: str, now: datetime
) -> pl.Series:
    """Return the products that a drop withholds, or has withheld until its moment."""
    view = laid(connection, reading, [campaign], channel, now)
    assert isinstance(view, Effective)
    return view.chosen(campaign)


def _of_channel(
    session: Session,
    reading: Reading,
    channel: Channel,
    ids: pl.Series,
    at: datetime,
    pictures: Sequence[str],
) -> dict[str, Any]:
    needs = list(_needs(reading.structure, channel, pictures))
    lacks = _lacks(reading, channel, ids, needs)
    counts = {
        aspect: lacks.height - int(lacks.select(pl.any_horizontal(*names).sum()).item() or 0)
        if (names := _of_aspect(lacks, aspect))
        else lacks.height
        for aspect in ASPECTS
    }
    return {
        "channel": channel.code,
        "products": lacks.height,
        **counts,
        "feeds": list(_feeds(session, reading, channel, ids, at)),
        "lacking": _listed(lacks),
    }


def _of_aspect(lacks: pl.DataFrame, aspect: str) -> list[str]:
    return [name for name in lacks.columns if name.startswith(f"{aspect}\x00")]


def _lacks(
    reading: Reading, channel: Channel, ids: pl.Series, needs: Sequence[Need]
) -> pl.DataFrame:
    """Return identifier, and for each thing that is needed whether a product lacks it."""
    own = [columns.find(reading.structure, name) for name in ("id", "identifier", "family")]
    wanted = {column.name: column for column in (*own, *(need.column for need in needs))}
    frame = reading.columns(list(wanted.values()), ids, SKUS)
    lacks = frame.select(
        "identifier",
        *(n.lacking().fill_null(False).alias(f"{n.aspect}\x00{n.told}") for n in needs),
    )
    complete = [
        (reading.completeness(channel.code, locale, ids=frame["id"])["ratio"] < 100)
        .fill_null(True)
        .alias(f"complete\x00complete {locale}")
        for locale in channel.locales
    ]
    return lacks.hstack(complete)


def _needs(structure: Structure, channel: Channel, pictures: Sequence[str]) -> Iterator[Need]:
    """Yield what is needed in a channel: pictures, prices per currency, texts per locale."""
    for code in pictures:
        if code not in structure.attributes:
            raise NotFound(f'There is no attribute "{code}".')
    named = {structure.attributes[code].code for code in pictures}
    for attribute in structure.attributes:
        families = _requiring(structure, channel, attribute)
        if attribute.code in named:
            every = tuple(family.id for family in structure.families)
            yield from _of_attribute("pictured", "picture", attribute, channel, every)
        elif families and attribute.type == PICTURE and not named:
            yield from _of_attribute("pictured", "picture", attribute, channel, families)
        elif families and attribute.type == PRICES:
            yield from _of_attribute("priced", "price", attribute, channel, families)
        elif families and attribute.localizable:
            yield from _of_attribute("translated", "translation", attribute, channel, families)


def _requiring(structure: Structure, channel: Channel, attribute: Attribute) -> tuple[int, ...]:
    """Return the families that require an attribute for a channel, or call products by it."""
    return tuple(
        family.id
        for family in structure.families
        if attribute.code.casefold() in _asked(family, channel)
    )


def _asked(family: Family, channel: Channel) -> set[str]:
    codes = {*family.requirements.get(channel.code, ()), family.attribute_as_label or ""}
    own = {code.casefold() for code in family.attributes}
    return own & {code.casefold() for code in codes}


def _of_attribute(
    aspect: str, word: str, attribute: Attribute, channel: Channel, families: tuple[int, ...]
) -> Iterator[Need]:
    scope = channel.code if attribute.scopable else ALL
    offered = attribute.available_locales or channel.locales
    locales = [code for code in channel.locales if code in offered]
    parts = channel.currencies if attribute.type == PRICES else (None,)
    for locale in locales if attribute.localizable else [ALL]:
        for part in parts:
            column = columns.of_cell(attribute, Cell(attribute.code, scope, locale), part)
            yield Need(aspect, f"{word} {column.name}", column, families)


def _feeds(
    session: Session, reading: Reading, channel: Channel, ids: pl.Series, at: datetime
) -> Iterator[Mapping[str, Any]]:
    """Yield each feed of a channel and how many of the products it would select at the moment."""
    for feed in list_feeds(session):
        try:
            definition = definition_of(feed, reading.structure)
        except Refused:
            continue
        if definition.channel.code == channel.code:
            selected = select_products(reading, definition, at, among=ids)
            yield {"feed": feed.code, "label": definition.label, "products": len(selected)}


def _listed(lacks: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the first products that lack something, and what."""
    names = [name for name in lacks.columns if name != "identifier"]
    if not names:
        return []
    some = lacks.filter(pl.any_horizontal(*names)).head(LISTED)
    return [
        {
            "identifier": row["identifier"],
            "lacks": [name.partition("\x00")[2] for name in names if row[name]],
        }
        for row in some.iter_rows(named=True)
    ]
