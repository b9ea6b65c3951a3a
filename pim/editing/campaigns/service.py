"""Save, stop, copy, restore and delete campaigns; each is a change set of the kind "campaign".

A list of documents is saved as a whole or not at all: a ladder of markdowns in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pim.access.permits import require
from pim.campaigns import queries, service
from pim.campaigns.definition import Definition, read_campaign
from pim.campaigns.models import CampaignVersion
from pim.campaigns.service import Saved
from pim.db.unit_of_work import Work
from pim.domain.attribute_types.problems import problem
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.models import ChangeSet
from pim.projection import Projection

KIND: Final = "campaign"
ACTION: Final = "campaigns.edit"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """Campaigns after a write, and the change set that holds it; None if nothing was written."""

    saved: tuple[Saved, ...]
    change_set: int | None

    def documents(self) -> list[dict[str, Any]]:
        """Return the JSON answer: one object per campaign."""
        return [
            {
                "campaign": each.version.code,
                "version": each.version.version,
                "status": each.status,
                "change_set": None if each.status == "unchanged" else self.change_set,
            }
            for each in self.saved
        ]


def read_documents(
    work: Work, documents: Sequence[Document], structure: Structure
) -> list[Definition]:
    """Return what documents say; raise Refused with every problem of all of them."""
    found: list[Definition] = []
    violations: list[Violation] = []
    for number, document in enumerate(documents):
        definition, faults = read_campaign(
            document, structure, known=lambda digest: queries.sheet_exists(work.session, digest)
        )
        found += [definition] if definition else []
        violations += _placed(faults, number, len(documents))
    violations += _twice(found)
    if violations:
        raise Refused(_heading(documents), violations)
    return found


def apply_campaigns(
    work: Work,
    projection: Projection,
    documents: Sequence[Document],
    structure: Structure,
    *,
    expected: int | None = None,
) -> Written:
    """Create or change campaigns by their documents; all of them, or none.

    What is not live freezes the products that it chooses now; those of an earlier version with the
    same condition stay. `expected` is the version that a single document was made from. Raises
    Refused with every problem, NotPermitted, and Conflict if somebody else saved meanwhile.
    """
    return save_definitions(
        work, projection, read_documents(work, documents, structure), expected=expected
    )


def save_definitions(
    work: Work,
    projection: Projection,
    definitions: Sequence[Definition],
    *,
    expected: int | None = None,
    noun: str = "campaign",
) -> Written:
    """Create or change campaigns as `apply_campaigns` does, by what their documents mean."""
    require(work, ACTION)
    # Products are chosen before the change set begins: the projection waits for nobody's lock.
    members = [_members(work, projection, definition) for definition in definitions]

    def save(change_set: int) -> list[Saved]:
        return [
            service.save(work, definition, change_set_id=change_set, members=ids, expected=expected)
            for definition, ids in zip(definitions, members, strict=True)
        ]

    return _written(work, _label("Save", [d.code for d in definitions], noun), save)


def stop_campaign(work: Work, code: str) -> Written:
    """End a campaign now; Refused if it has ended already."""
    require(work, ACTION)
    found = queries.find_campaign(work.session, code)
    return _written(
        work, _label("Stop", [found.code]),
        lambda change_set: [service.stop(work, code, change_set_id=change_set)],
    )  # fmt: skip


def delete_campaign(work: Work, code: str) -> Written:
    """Delete a campaign; its versions stay."""
    require(work, ACTION)
    found = queries.find_campaign(work.session, code)
    return _written(
        work, _label("Delete", [found.code]),
        lambda change_set: [service.remove(work, code, change_set_id=change_set)],
    )  # fmt: skip


def restore_campaign(work: Work, code: str, *, number: int | None = None) -> Written:
    """Make an earlier version present again, by default the one before; so a save is undone.

    A campaign that is deleted comes back as it was.
    """
    require(work, ACTION)
    newest, *earlier = queries.versions_of(work.session, code)
    if number is None:
        same = (v for v in earlier if v.campaign_id == newest.campaign_id)
        before = next(same, None)
        if before is None:
            raise Refused(
                f'The campaign "{newest.code}" has one version only, so there is nothing to go '
                "back to. Delete it if it should not be."
            )
        number = before.version
    return _written(
        work, f"{_label('Restore', [newest.code])} to version {number}",
        lambda change_set: [
            service.restore(work, code, number=number, change_set_id=change_set)
        ],
    )  # fmt: skip


def undo_change_set(work: Work, change_set_id: int) -> Written:
    """Take back what a change set did to campaigns, unless they were changed again since.

    What it created is deleted, what it changed is as it was before. Raises Refused naming the
    campaigns that have newer versions.
    """
    require(work, ACTION)
    target = find_change_set(work.session, change_set_id)
    written = queries.written_by(work.session, change_set_id)
    changed = [v.code for v in written if queries.newest_number(work.session, v) != v.version]
    if changed or not written or target.state == "undone":
        raise Refused(_not_undone(change_set_id, changed))

    def take_back(opened: int) -> list[Saved]:
        return [_back(work, version, opened) for version in written]

    done = _written(work, f"Undo of {target.label}", take_back, undoes=change_set_id)
    target.state = "undone"
    return done


def copy_campaign(
    work: Work,
    projection: Projection,
    structure: Structure,
    code: str,
    *,
    new: str,
    starts_at: str,
    ends_at: str,
    changes: Document | None = None,
) -> Written:
    """Save a campaign's document under another code and with other dates.

    `changes` are further members of the document, such as a label or a time zone. One that is not
    live freezes the products that it chooses now. Refused if there is a campaign of that code.
    """
    require(work, ACTION)
    source = queries.find_campaign(work.session, code)
    document = {key: value for key, value in source.document.items() if key != "fold"}
    document |= {"code": new, "starts_at": starts_at, "ends_at": ends_at, **(changes or {})}
    if queries.lookup(work.session, new) is not None:
        raise Refused(f'There is a campaign "{new}" already; choose another code for the copy.')
    return apply_campaigns(work, projection, [document], structure, expected=0)


def frozen(projection: Projection, definition: Definition, now: datetime) -> Sequence[int]:
    """Return the products that a definition chooses at a moment."""
    with projection.read_covering() as reading:
        found: list[int] = reading.matching(definition.where, now=now).to_list()
        return found


def _members(work: Work, projection: Projection, definition: Definition) -> Sequence[int] | None:
    if definition.live:
        return None
    known = queries.lookup(work.session, definition.code)
    if known is not None and known.members is not None and _chooses_alike(known, definition):
        return queries.member_ids(work.session, known)
    return frozen(projection, definition, work.clock())


def _chooses_alike(known: CampaignVersion, definition: Definition) -> bool:
    return service.same(known.document["where"], definition.document["where"])


def _written(
    work: Work,
    label: str,
    write: Callable[[int], Sequence[Saved]],
    *,
    undoes: int | None = None,
) -> Written:
    change_set = open_change_set(work, kind=KIND, label=label, undoes_id=undoes)
    saved = tuple(write(change_set.id))
    counts = {"campaigns": sum(each.status != "unchanged" for each in saved)}
    closed: ChangeSet | None = close_change_set(work, change_set, counts=counts)
    return Written(saved, closed.id if closed else None)


def _back(work: Work, version: CampaignVersion, change_set: int) -> Saved:
    """Return a campaign as it was before one of its versions."""
    before = queries.before(work.session, version)
    if before is None or before.action == "deleted":
        return service.remove(work, version.code, change_set_id=change_set)
    return service.restore(work, version.code, number=before.version, change_set_id=change_set)


def _not_undone(change_set: int, changed: Sequence[str]) -> str:
    if changed:
        return (
            f"Change set {change_set} cannot be undone, as newer versions were saved since: "
            f"{', '.join(changed)}. Restore a version of your choice with pim campaign restore."
        )
    return f"Change set {change_set} holds no campaigns that could be taken back."


def _placed(faults: Sequence[Violation], number: int, count: int) -> list[Violation]:
    """Return problems at their place in a list of several documents."""
    if count == 1:
        return list(faults)
    return [replace(each, path=f"[{number}].{each.path}".rstrip(".")) for each in faults]


def _twice(definitions: Sequence[Definition]) -> list[Violation]:
    codes = [definition.code.casefold() for definition in definitions]
    message = 'The campaign "{value}" comes {times} times.'
    mend = "Give each its own code."
    return [
        problem("campaign.twice", "code", message, code, times=codes.count(code), mend=mend)
        for code in dict.fromkeys(codes)
        if codes.count(code) > 1
    ]


def _heading(documents: Sequence[Document]) -> str:
    if len(documents) == 1:
        given = documents[0].get("code") if isinstance(documents[0], Mapping) else None
        return f'The campaign "{given or "without a code"}" is not valid.'
    return "The campaigns are not valid, so none was saved."


def _label(verb: str, codes: Sequence[str], noun: str = "campaign") -> str:
    shown = ", ".join(codes[:3]) + (f" and {len(codes) - 3} more" if len(codes) > 3 else "")
    return f"{verb} {noun if len(codes) == 1 else noun + 's'} {shown}"
