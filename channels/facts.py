"""What feeds know of products, for conditions: who is live in them, and whom they keep out.

`published_in` holds of products whose item the destination was told last; `rejected_by` of products
that the feed selected and the checks of its newest publication, a held one too, kept out. An item
of a style or a colourway counts for all its variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Engine, select, text

from channels.models import Feed
from channels.publication import ledger
from channels.publication.files import FeedFolder
from channels.publication.rejected import read_rejected
from channels.publication.sharing import feed_folder
from pim.domain.conditions import fold
from pim.errors import Refused
from pim.projection import Projection
from pim.settings import Settings

#: What one item of a level stands for, of a product `p` with its parent `m`.
_GROUPS: Final = {"model": "coalesce(m.parent_id, m.id, p.id)", "colourway": "coalesce(m.id, p.id)"}
_VARIANTS: Final = """
    WITH grouped AS (
        SELECT p.id, {group} AS item FROM product p LEFT JOIN product_model m ON m.id = p.parent_id
    )
    SELECT id FROM grouped
    WHERE item IN (SELECT item FROM grouped WHERE id = ANY(CAST(:ids AS bigint[]))) ORDER BY id
"""


@dataclass(frozen=True)
class FeedFacts:
    """Answers conditions from the files of the feeds' publications."""

    engine: Engine
    settings: Settings

    def __call__(self, field: str, codes: Sequence[str] | None) -> pl.Series:
        """Return the ids of products that some of these feeds publish, or keep out; None: any.

        Raises Refused for the code of a feed that is not there.
        """
        found = [pl.Series("id", [], dtype=pl.Int64)]
        for code, level in self._feeds(codes):
            folder = feed_folder(self.settings, code)
            ids = _published(folder) if field == "published_in" else _rejected(folder)
            found.append(self._variants(ids, level) if level in _GROUPS else ids)
        return pl.concat(found).unique().sort()

    def _feeds(self, codes: Sequence[str] | None) -> Iterator[tuple[str, str]]:
        """Yield code and level of feeds."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(Feed.code, Feed.document)).all()
        known = {fold(row.code): row for row in rows}
        for code in known if codes is None else codes:
            if fold(code) not in known:
                raise _unknown(code, sorted(row.code for row in rows))
            row = known[fold(code)]
            yield row.code, row.document.get("level", "product")

    def _variants(self, ids: pl.Series, level: str) -> pl.Series:
        query = text(_VARIANTS.format(group=_GROUPS[level]))
        with self.engine.connect() as connection:
            found = connection.execute(query, {"ids": ids.to_list()}).scalars()
            return pl.Series("id", found.all(), dtype=pl.Int64)


def projection_of(settings: Settings, engine: Engine) -> Projection:
    """Return the projection, with conditions on what feeds know."""
    return Projection.from_settings(settings, engine, facts=FeedFacts(engine, settings))


def _published(folder: FeedFolder) -> pl.Series:
    return ledger.read_ledger(folder, folder.newest())["product"].alias("id")


def _rejected(folder: FeedFolder) -> pl.Series:
    newest = next(iter(folder.finished()), None)
    return read_rejected(folder, newest)["product"].alias("id")


def _unknown(code: str, known: Sequence[str]) -> Refused:
    listed = ", ".join(known[:20]) or "none yet"
    return Refused(f'A condition asks for the feed "{code}", which is not there. Feeds: {listed}.')
