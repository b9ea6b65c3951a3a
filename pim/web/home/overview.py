"""The figures of the overview; those of the catalogue are worked out once per manifest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.products.models import ChangeSet
from pim.projection import Reading
from pim.web.products.labels import label


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Completeness of one channel and locale: the share of complete products, in percent."""

    channel: str
    locale: str
    complete: int
    total: int

    @property
    def percent(self) -> int:
        """Return the share, rounded down."""
        return 100 * self.complete // self.total if self.total else 0

    @property
    def step(self) -> int:
        """Return which of eleven shades the share has."""
        return self.percent // 10


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Counts of the catalogue at one manifest."""

    products: int
    enabled: int
    styles: int
    families: int
    at: Any
    heat: Sequence[Heat]
    channels: Sequence[tuple[str, str]]
    locales: Sequence[str]

    def at_cell(self, channel: str, locale: str) -> Heat | None:
        """Return the completeness of a channel and locale, None where there is none."""
        return next((h for h in self.heat if (h.channel, h.locale) == (channel, locale)), None)


_known: dict[tuple[Any, ...], Catalogue] = {}
_lock = threading.Lock()


def catalogue(reading: Reading, locale: str | None) -> Catalogue:
    """Return the catalogue's counts."""
    key = (*reading.state, locale)
    with _lock:
        if key not in _known:
            _known.clear()
            _known[key] = _count(reading, locale)
        return _known[key]


def _count(reading: Reading, locale: str | None) -> Catalogue:
    structure = reading.structure
    enabled = reading.counts("enabled")
    heat = []
    for channel in structure.channels:
        for code in channel.locales:
            ratio = reading.completeness(channel.code, code)["ratio"]
            heat.append(
                Heat(
                    channel=channel.code,
                    locale=code,
                    complete=int((ratio == 100).sum()),
                    total=ratio.len() - ratio.null_count(),
                )
            )
    return Catalogue(
        products=sum(enabled.values()),
        enabled=enabled.get(True, 0),
        styles=reading.frame(["id"], levels=("model",)).height,
        families=len(structure.families),
        at=reading.manifest.at,
        heat=heat,
        channels=[(c.code, label(c, locale)) for c in structure.channels],
        locales=structure.active_locales,
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change set in the list of the newest."""

    change_set: ChangeSet
    author: str


def changes(session: Session, *, limit: int = 8) -> list[Change]:
    """Return the newest change sets with who made them."""
    query = (
        select(ChangeSet, User)
        .outerjoin(User, User.id == ChangeSet.author_id)
        .order_by(ChangeSet.created.desc(), ChangeSet.id.desc())
        .limit(limit)
    )
    return [
        Change(change_set=change_set, author=(user.name or user.email) if user else "System")
        for change_set, user in session.execute(query)
    ]
