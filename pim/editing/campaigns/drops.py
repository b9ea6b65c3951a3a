"""Save, list and delete drops; each write is a change set of the kind "campaign"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pim.campaigns import queries
from pim.campaigns.definition import Definition
from pim.campaigns.drops import is_drop, read_drop
from pim.campaigns.models import CampaignVersion
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.campaigns.service import Written, delete_campaign, save_definitions
from pim.errors import NotFound, Refused
from pim.projection import Projection


def apply_drops(
    work: Work,
    projection: Projection,
    documents: Sequence[Mapping[str, Any]],
    structure: Structure,
    *,
    expected: int | None = None,
) -> Written:
    """Create or change drops by their documents; all of them, or none.

    Raises Refused with every problem, NotPermitted, and Conflict if one is not at the version
    `expected`.
    """
    found: list[Definition] = []
    violations: list[Violation] = []
    for number, document in enumerate(documents):
        definition, faults = read_drop(document, structure)
        found += [definition] if definition else []
        place = f"[{number}]." if len(documents) > 1 else ""
        violations += [replace(each, path=f"{place}{each.path}") for each in faults]
    codes = [definition.code.casefold() for definition in found]
    if violations:
        raise Refused("No drop was saved.", violations)
    if len(set(codes)) < len(codes):
        raise Refused("Two of the drops have the same code, so none was saved.")
    return save_definitions(work, projection, found, expected=expected, noun="drop")


def find_drop(work: Work, code: str) -> CampaignVersion:
    """Return what a drop is at present, or raise NotFound naming the others."""
    found = queries.lookup(work.session, code)
    if found is None or not is_drop(found.document):
        known = ", ".join(drop.code for drop in list_drops(work)[:20])
        raise NotFound(f'There is no drop "{code}". Drops: {known or "none yet"}.')
    return found


def list_drops(work: Work) -> list[CampaignVersion]:
    """Return what every drop is at present, in order of their moments."""
    found = [v for v in queries.list_campaigns(work.session) if is_drop(v.document)]
    return sorted(found, key=lambda drop: (drop.ends_at, drop.code))


def delete_drop(work: Work, code: str) -> Written:
    """Delete a drop: what it withholds is shown at once; its versions stay."""
    return delete_campaign(work, find_drop(work, code).code)
