"""A campaign's document, understood: every name found, every time an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError

from pim.campaigns.overlaid import Known, Overlay, read_overlays
from pim.campaigns.schemas import WHEN, CampaignSchema
from pim.campaigns.times import Interval, read_interval
from pim.domain import conditions
from pim.domain.attribute_types.problems import listed, problem
from pim.domain.conditions import Condition
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused

GUIDE = "docs/guides/campaigns.md"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One campaign, ready to be saved; `document` is the whole of it in canonical form."""

    code: str
    label: str
    starts_at: datetime
    ends_at: datetime
    channels: tuple[str, ...]
    locales: tuple[str, ...]
    priority: int
    where: Condition
    live: bool
    overlays: tuple[Overlay, ...]
    document: Mapping[str, Any]


@dataclass
class Parts:
    """What a document says, as far as it could be read, and what is wrong with it."""

    shape: Mapping[str, Any] = field(default_factory=dict)
    interval: Interval = field(default_factory=Interval)
    channels: list[str] = field(default_factory=list)
    locales: list[str] = field(default_factory=list)
    where: Condition = field(default_factory=Condition)
    violations: list[Violation] = field(default_factory=list)


def parse_campaign(
    document: Mapping[str, Any], structure: Structure, *, known: Known = lambda _: False
) -> Definition:
    """Return what a document says; raise Refused with every problem at once.

    `known` tells whether there is a sheet of a digest.
    """
    definition, violations = read_campaign(document, structure, known=known)
    if definition is None:
        code = document.get("code", "without a code")
        raise Refused(f'The campaign "{code}" is not valid.', violations)
    return definition


def read_campaign(
    document: Any, structure: Structure, *, known: Known = lambda _: False
) -> tuple[Definition | None, list[Violation]]:
    """Return what a document says, None with every problem if it cannot be used."""
    parts = read_parts(document, structure)
    overlays: tuple[Overlay, ...] = ()
    if "do" in parts.shape:
        overlays, faults = read_overlays(parts.shape["do"], structure, known=known)
        parts.violations += faults
    if parts.violations:
        return None, parts.violations
    return _definition(parts, overlays), []


def read_parts(
    document: Any,
    structure: Structure,
    *,
    schema: Schema | None = None,
    when: Sequence[str] = WHEN,
    guide: str = GUIDE,
) -> Parts:
    """Return what a document says of times, channels, locales and products, and what is wrong.

    `schema` is its shape, by default that of a campaign; `when` names its times; `guide` is the
    page that shows such documents.
    """
    if not isinstance(document, Mapping):
        message = "Such a document is an object of JSON; {value} is something else."
        mend = f"{guide} shows one."
        return Parts(violations=[problem("campaign.document", "", message, document, mend=mend)])
    shape, violations = _shape(document, schema or CampaignSchema(), guide)
    interval = read_interval(shape, when=when)
    channels, locales = _names(shape, structure, violations)
    where = _where(shape, structure, violations)
    violations += interval.violations
    return Parts(shape, interval, channels, locales, where, violations)


def _definition(parts: Parts, overlays: tuple[Overlay, ...]) -> Definition:
    shape, interval = parts.shape, parts.interval
    channels, locales = parts.channels, parts.locales
    label = shape["label"] or shape["code"]
    start, end = (interval.instants[name] for name in WHEN)
    canonical = {**shape, **interval.texts, "label": label}
    canonical |= {"channels": channels, "locales": locales}
    canonical["time_zone"] = interval.zone.key if interval.zone else shape["time_zone"]
    if canonical["fold"] is None:
        del canonical["fold"]
    return Definition(
        code=shape["code"],
        label=label,
        starts_at=start,
        ends_at=end,
        channels=tuple(channels),
        locales=tuple(locales),
        priority=shape["priority"],
        where=parts.where,
        live=shape["live"],
        overlays=overlays,
        document=canonical,
    )


def _shape(
    document: Mapping[str, Any], schema: Schema, guide: str
) -> tuple[dict[str, Any], list[Violation]]:
    """Return the members that have the right shape, the defaults among them."""
    try:
        return dict(schema.load(document)), []
    except ValidationError as error:
        shape = error.valid_data if isinstance(error.valid_data, dict) else {}
        left = {key: value for key, value in shape.items() if key not in error.messages_dict}
        return left, list(_messages("", error.messages_dict, document, guide))


def _messages(path: str, tree: Any, document: Any, guide: str) -> Iterator[Violation]:
    if isinstance(tree, Mapping):
        for key, below in tree.items():
            inner = document.get(key) if isinstance(document, Mapping) else None
            yield from _messages(f"{path}.{key}".strip("."), below, inner, guide)
        return
    for text in tree:
        yield problem(
            "campaign.document", path, "{text}", "" if document is None else document,
            text=text, mend=f"Correct the document; {guide} describes every key.",
        )  # fmt: skip


def _names(
    shape: Mapping[str, Any], structure: Structure, violations: list[Violation]
) -> tuple[list[str], list[str]]:
    """Return channels and locales in stored spelling; note those that there are not."""
    channels = {c.code.casefold(): c.code for c in structure.channels}
    chosen = _spelled("channels", shape.get("channels", []), channels, violations)
    offered = structure.active_locales
    if chosen:
        offered = tuple(code for c in chosen for code in structure.channels[c].locales)
    locales = {code.casefold(): code for code in offered}
    return chosen, _spelled("locales", shape.get("locales", []), locales, violations)


def _spelled(
    key: str, given: list[str], known: Mapping[str, str], violations: list[Violation]
) -> list[str]:
    for number, name in enumerate(given):
        if name.casefold() not in known:
            violations.append(_unknown(key, f"{key}[{number}]", name, known.values()))
    found = (known.get(name.casefold()) for name in given)
    return list(dict.fromkeys(filter(None, found)))


def _unknown(key: str, path: str, name: str, known: Any) -> Violation:
    nouns = {"channels": "channel", "locales": "locale of these channels"}
    return problem(
        "campaign.unknown_name", path, 'There is no {noun} "{value}" here.', name,
        noun=nouns[key], known=listed(known, most=20) or "none yet", mend="Choose one of: {known}.",
    )  # fmt: skip


def _where(
    shape: Mapping[str, Any], structure: Structure, violations: list[Violation]
) -> Condition:
    def read() -> Condition:
        return conditions.parse(shape.get("where"), structure, path="where")

    where = _collected(read, violations)
    if where.view == "effective":
        message = "A campaign chooses products by their stored values, not by other campaigns'."
        mend = 'Leave "view" out of it.'
        violations.append(problem("campaign.view", "where.view", message, "effective", mend=mend))
    return where


def _collected(read: Callable[[], Condition], violations: list[Violation]) -> Condition:
    try:
        return read()
    except Refused as refusal:
        violations.extend(refusal.violations)
        return Condition()
