"""Drafts of what a chunk writes: frames of new entities, merge patches of known ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from pim.products.changes import changed_members, changed_values
from pim.products.lookups import Stored
from pim.products.models import MODEL, PRODUCT
from pim.staging.context import RowContext
from pim.staging.memberships import Listed

UPDATE_SCHEMA = {
    "id": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """A chunk's rows as they were read: `documents` are the values as JSON text, per row."""

    kind: int
    file: str
    rows: Sequence[int]
    contexts: Sequence[RowContext]
    documents: pl.Series
    members: Mapping[str, Sequence[Listed]]
    enabled: Sequence[bool | None]

    def creates(self, positions: list[int]) -> pl.DataFrame:
        """Return new entities as `pim.products.writer.create` takes them, without ids."""
        chosen = [self.contexts[p] for p in positions]
        own = [self._categories(p) or [] for p in positions]
        parents = [c.parent.id if c.parent else None for c in chosen]
        return pl.DataFrame(
            {
                **(self._model(chosen) if self.kind == MODEL else self._product(positions)),
                "parent_id": pl.Series(parents, dtype=pl.Int64),
                "categories": pl.Series(own, dtype=pl.List(pl.Int64)),
                "values": self.documents.gather(positions),
                "source_file": pl.Series([self.file] * len(chosen), dtype=pl.String),
                "source_row": pl.Series([self.rows[p] for p in positions], dtype=pl.Int64),
            }
        )

    @staticmethod
    def _model(chosen: Sequence[RowContext]) -> dict[str, pl.Series]:
        variants = [c.place.variant.id if c.place.variant else None for c in chosen]
        return {
            "code": pl.Series([c.name for c in chosen], dtype=pl.String),
            "family_variant_id": pl.Series(variants, dtype=pl.Int64),
        }

    def _product(self, positions: Sequence[int]) -> dict[str, pl.Series]:
        chosen = [self.contexts[p] for p in positions]
        families = [c.place.family.id if c.place.family else None for c in chosen]
        enabled = [self.enabled[p] is not False for p in positions]
        listed = self.members.get("groups")
        groups = [sorted(listed[p] or ()) if listed else [] for p in positions]
        return {
            "identifier": pl.Series([c.name for c in chosen], dtype=pl.String),
            "family_id": pl.Series(families, dtype=pl.Int64),
            "enabled": pl.Series(enabled, dtype=pl.Boolean),
            "groups": pl.Series(groups, dtype=pl.List(pl.Int64)),
        }

    def updates(self, positions: Sequence[int]) -> pl.DataFrame:
        """Return the patches of the rows that change something."""
        rows = []
        for position in positions:
            stored = self.contexts[position].stored
            if stored is None:
                continue
            before, after = self._patch(position, stored)
            if after:
                patches = (orjson.dumps(before).decode(), orjson.dumps(after).decode())
                rows.append((stored.id, *patches, self.file, self.rows[position]))
        return pl.DataFrame(rows, schema=UPDATE_SCHEMA, orient="row")

    def _patch(self, position: int, stored: Stored) -> tuple[dict[str, Any], dict[str, Any]]:
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for key, (was, now) in self._parts(position, stored).items():
            if was != now:
                before[key], after[key] = was, now
        return before, after

    def _parts(self, position: int, stored: Stored) -> dict[str, tuple[Any, Any]]:
        """Return every part of the entity's document that the row speaks of, as (before, after)."""
        given = orjson.loads(self.documents[position])
        parts: dict[str, tuple[Any, Any]] = {}
        if given:
            parts["values"] = changed_values(orjson.loads(stored.values), given)
        if self.kind == PRODUCT:
            enabled = self.enabled[position]
            family = self.contexts[position].place.family
            parts["enabled"] = (stored.enabled, stored.enabled if enabled is None else enabled)
            parts["family"] = (stored.family_id, family.id if family else stored.family_id)
        wanted = self._categories(position)
        if wanted is not None:
            parts["categories"] = changed_members(stored.categories, wanted)
        groups = self.members["groups"][position] if "groups" in self.members else None
        if groups is not None:
            parts["groups"] = changed_members(stored.group_ids, groups)
        return parts

    def _categories(self, position: int) -> list[int] | None:
        """Return the listed categories that are this row's own; None when none are listed.

        What a parent has already is not repeated below it, unless it is stored there.
        """
        listed = self.members["categories"][position] if "categories" in self.members else None
        if listed is None:
            return None
        context = self.contexts[position]
        above = context.parent.categories if context.parent else frozenset()
        kept = frozenset(context.stored.categories) if context.stored else frozenset()
        return sorted(listed - (above - kept))
