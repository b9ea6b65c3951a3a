"""What stands in the database of the entities to be saved: held, with their place and past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Family, FamilyVariant, Structure
from pim.domain.values import merge
from pim.products.models import MODEL, PRODUCT

Path = tuple[str, ...]

ABSENT: Final = object()


class Change(NamedTuple):
    """One change set's writes on an entity: the patch back, and who did it."""

    change_set: int
    author: int | None
    from_version: int
    to_version: int
    before: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An entity as it stands, held to the end of the transaction.

    `document` has what a save may touch, memberships as {id: true}; `above` are the codes of its
    models, the nearest first; `changes` are those since the version that was seen, the newest
    first, and None where history does not reach back to it.
    """

    id: int
    kind: int
    name: str | None
    version: int
    family: Family | None
    variant: FamilyVariant | None
    above: Sequence[str]
    document: Mapping[str, Any]
    changes: Sequence[Change] | None = field(default=())

    @property
    def level(self) -> int:
        """Return the level in the family variant: 0 for a root or a simple product."""
        return len(self.above)

    def now(self, path: Path) -> Any:
        """Return what stands at a path."""
        found = dig(self.document, path)
        return None if found is ABSENT else found

    def past(self, path: Path, *, author: int | None) -> Any:
        """Return what the author last saw at a path: as of the version, or as they wrote it since.

        ABSENT where nobody knows any more.
        """
        if self.changes is None:
            return ABSENT
        data = self.now(path)
        for change, patch in self._of(path):
            if author is not None and change.author == author:
                break
            data = merge(data, patch)
        return data

    def changed_by(self, path: Path) -> int | None:
        """Return the change set that last touched a path since the version that was seen."""
        return next((change.change_set for change, _ in self._of(path)), None)

    def _of(self, path: Path) -> Iterator[tuple[Change, Any]]:
        for change in self.changes or ():
            patch = dig(change.before, path)
            if patch is not ABSENT:
                yield change, patch


def dig(tree: Any, path: Path) -> Any:
    """Return what stands at a path; None below a null, ABSENT where there is nothing."""
    for key in path:
        if tree is None:
            return None
        if not isinstance(tree, Mapping) or key not in tree:
            return ABSENT
        tree = tree[key]
    return tree


def hold(
    session: Session, kind: int, versions: Mapping[int, int | None], structure: Structure
) -> dict[int, Stored]:
    """Return entities by id, held in order of id, with what happened since the given versions."""
    rows = session.execute(_ROWS[kind], {"ids": sorted(versions)}).all()
    stale = {
        row.id: int(seen) for row in rows if (seen := versions[row.id]) not in (None, row.version)
    }
    past = _since(session, stale)
    return {
        row.id: _stored(kind, row, structure, _whole(past.get(row.id, ()), row, stale))
        for row in rows
    }


def _stored(kind: int, row: Any, structure: Structure, changes: Sequence[Change] | None) -> Stored:
    variant = structure.family_variants.by_id.get(row.variant_id)
    family = (
        structure.families[variant.family]
        if variant
        else structure.families.by_id.get(row.family_id)
    )
    return Stored(
        id=row.id,
        kind=kind,
        name=row.name,
        version=row.version,
        family=family,
        variant=variant,
        above=[code for code in (row.parent, row.root) if code],
        document={
            "values": row.values,
            "enabled": row.enabled,
            "categories": {str(number): True for number in row.categories},
            "groups": {str(number): True for number in row.groups},
        },
        changes=changes,
    )


def _since(session: Session, seen: Mapping[int, int]) -> dict[int, list[Change]]:
    """Return the changes of entities after the versions seen, the newest first."""
    found: dict[int, list[Change]] = {}
    if seen:
        given = {"ids": list(seen), "versions": list(seen.values())}
        for entity, *change in session.execute(_SINCE, given):
            found.setdefault(entity, []).append(Change(*change))
    return found


def _whole(
    changes: Iterable[Change], row: Any, stale: Mapping[int, int]
) -> Sequence[Change] | None:
    """Return the changes if they lead back to the version seen without a gap, else None."""
    if row.id not in stale:
        return ()
    known = list(changes)
    covered = sum(each.to_version - max(each.from_version, stale[row.id]) for each in known)
    return known if covered == row.version - stale[row.id] else None


_ROWS: Final = {
    PRODUCT: text(
        """
        SELECT e.id, e.identifier AS name, e.version, e.family_id, e.enabled, e.categories,
            e.groups, e.values, m.family_variant_id AS variant_id, m.code AS parent, r.code AS root
        FROM product e LEFT JOIN product_model m ON m.id = e.parent_id
        LEFT JOIN product_model r ON r.id = m.parent_id
        WHERE e.id = ANY(:ids) ORDER BY e.id FOR NO KEY UPDATE OF e
        """
    ),
    MODEL: text(
        """
        SELECT e.id, e.code AS name, e.version, NULL AS family_id, true AS enabled, e.categories,
            CAST('{}' AS bigint[]) AS groups, e.values, e.family_variant_id AS variant_id,
            m.code AS parent, NULL AS root
        FROM product_model e LEFT JOIN product_model m ON m.id = e.parent_id
        WHERE e.id = ANY(:ids) ORDER BY e.id FOR NO KEY UPDATE OF e
        """
    ),
}

_SINCE = text(
    """
    SELECT h.entity_id, h.change_set_id, c.author_id, h.from_version, h.to_version,
        CASE h.action WHEN 0 THEN h.before ELSE '{}' END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS integer[])) AS s (id, version)
    JOIN history h ON h.entity_id = s.id AND h.to_version > s.version
    JOIN change_set c ON c.id = h.change_set_id
    ORDER BY h.to_version DESC, h.change_set_id DESC
    """
)
