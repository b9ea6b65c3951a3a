"""A feed's document, understood: every name in it found in the structure and among exporters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl
from marshmallow import ValidationError

from channels.checking.prepared import Checks, prepare
from channels.feeds.schemas import FeedSchema
from channels.feeds.severities import severity_problems
from channels.mapping.compiled import CompiledMapping, compile_mapping, finish_mapping
from channels.mapping.context import feed_context
from channels.mapping.document import Mapping as FeedMapping
from channels.mapping.known import parse_once
from channels.mapping.moments import asks_for_time, depends_on_time
from channels.steps.contract import Context
from exporters.contract import Exporter, load_exporters, parse_options
from pim.domain import conditions
from pim.domain.conditions import Condition
from pim.domain.structure import Channel, Structure
from pim.domain.violations import Violation
from pim.errors import Refused

#: What a key's value is called in a message.
NOUNS = {
    "channel": "channel",
    "exporter": "exporter",
    "locale": "locale",
    "currency": "currency",
    "fallback_locales": "locale",
    "completeness.locales": "locale",
}


@dataclass(frozen=True, kw_only=True)
class Guards:
    """When a publication is held; None switches a guard off.

    `max_drop_percent`: items fewer than at the last publication. `min_items`: fewer items than
    this. `max_zero_prices`: prices of zero in the price targets. `max_errors_percent`: share of
    selected items that errors keep out.
    """

    max_drop_percent: Decimal | None = Decimal(20)
    min_items: int | None = 1
    max_zero_prices: int | None = 10
    max_errors_percent: Decimal | None = Decimal(50)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One feed, ready to be published."""

    code: str
    label: str
    channel: Channel
    locale: str | None
    currency: str | None
    country: str | None
    link: str
    exporter: Exporter
    options: Any
    level: str
    where: Condition
    completeness_locales: tuple[str, ...]
    completeness_minimum: int | None
    mapping: FeedMapping
    context: Context
    severities: Mapping[str, str] = field(default_factory=dict)
    guards: Guards = field(default_factory=Guards)
    retention: int = 5
    compression: str | None = None

    def compile(self, as_of: datetime) -> CompiledMapping:
        """Return the mapping compiled for a moment; one that looks at no moment only once."""
        key = as_of if self.maps_by_time else None
        known: CompiledMapping | None = self.mapping.compiled.get(key)
        if known is None:
            compiling = finish_mapping if key is None else compile_mapping
            known = compiling(self.mapping, replace(self.context, as_of=as_of))
            self.mapping.compiled.clear()
            self.mapping.compiled[key] = known
        return known

    def checks(self, items: pl.DataFrame) -> Checks:
        """Return what mapped items are checked for, prepared once for all with such columns."""
        schema = items.schema
        known: Checks | None = self._checks.get(key := tuple(schema.items()))
        if known is None:
            facts = {"country": self.country, "currency": self.currency, "locale": self.locale}
            known = self._checks[key] = prepare(
                schema,
                self.exporter.requirements(self.options),
                severities=self.severities,
                item_id=self.item_id,
                facts=facts,
            )
        return known

    @cached_property
    def _checks(self) -> dict[Any, Checks]:
        return {}

    @cached_property
    def maps_by_time(self) -> bool:
        """Tell whether time alone may change items."""
        return depends_on_time(self.mapping)

    @cached_property
    def selects_by_time(self) -> bool:
        """Tell whether time alone may add or remove items."""
        return asks_for_time(self.where.root)

    @cached_property
    def item_id(self) -> str:
        """Return the target that identifies an item."""
        return self.exporter.item_id(self.options)


def parse_feed(document: Mapping[str, Any], structure: Structure) -> Definition:
    """Return the definition of a feed's document; raise Refused with every problem at once."""
    shape = _shape(document)
    violations: list[Violation] = []
    channel = structure.channels.get(shape["channel"])
    exporter = load_exporters().get(shape["exporter"])
    violations.extend(_names(shape, structure, channel, exporter))
    where = _collect(violations, "where", lambda: conditions.parse(shape["where"], structure))
    violations.extend(_of_feeds(where))
    options = exporter and _collect(
        violations, "options", lambda: parse_options(exporter.options, shape["options"])
    )
    if channel is None or exporter is None:
        raise Refused(_heading(shape), violations)
    context = _context(shape, structure, channel)
    parsed = parse_once(shape["mapping"], context)
    violations.extend(parsed.violations)
    if options is not None:
        violations.extend(_item_id_mapped(exporter, options, shape["mapping"]))
        violations.extend(severity_problems(exporter, options, shape))
    if violations:
        raise Refused(_heading(shape), violations)
    completeness = shape["completeness"] or {}
    complete_in = (_spelled(structure.locales, each) for each in _complete_in(shape))
    return Definition(
        code=shape["code"],
        label=shape["label"],
        channel=channel,
        locale=_spelled(structure.locales, shape["locale"]),
        currency=_spelled(structure.currencies, shape["currency"]),
        country=shape["country"],
        link=shape["link"],
        exporter=exporter,
        options=options,
        level=shape["level"],
        where=where or Condition(),
        completeness_locales=tuple(filter(None, complete_in)),
        completeness_minimum=completeness.get("minimum"),
        mapping=parsed.mapping,
        context=context,
        severities=shape["severity"],
        guards=Guards(**shape["guards"]),
        retention=shape["retention"],
        compression=shape["compression"],
    )


def _context(shape: Mapping[str, Any], structure: Structure, channel: Channel) -> Context:
    return feed_context(
        structure,
        channel=channel,
        as_of=datetime.now(UTC),
        locale=_spelled(structure.locales, shape["locale"]),
        fallback_locales=tuple(shape["fallback_locales"]),
        currency=_spelled(structure.currencies, shape["currency"]),
        country=shape["country"],
        media_base_url=shape["media_base_url"],
        lookups=shape["lookups"],
    )


def _shape(document: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(FeedSchema().load(document))
    except ValidationError as error:
        found = list(_messages("", error.messages_dict))
        code = document.get("code", "without a code")
        raise Refused(f'The feed "{code}" is not valid.', found) from error


def _messages(path: str, tree: Any) -> Iterator[Violation]:
    if isinstance(tree, Mapping):
        for key, below in tree.items():
            yield from _messages(path if key == "_schema" else f"{path}.{key}".strip("."), below)
    else:
        for message in tree:
            yield Violation(
                code="feed.document",
                path=path,
                message="{message}",
                parameters={"message": message},
                mend="Correct the document; docs/guides/feeds.md describes every key.",
            )


def _heading(shape: Mapping[str, Any]) -> str:
    return f'The feed "{shape["code"]}" is not valid.'


def _names(
    shape: Mapping[str, Any],
    structure: Structure,
    channel: Channel | None,
    exporter: Exporter | None,
) -> Iterator[Violation]:
    """Yield the names that mean nothing here."""
    if channel is None:
        yield _unknown("channel", shape["channel"], [c.code for c in structure.channels])
    if exporter is None:
        yield _unknown("exporter", shape["exporter"], sorted(load_exporters()))
    if channel is None:
        return
    given = (
        ("locale", [shape["locale"]], channel.locales),
        ("currency", [shape["currency"]], channel.currencies),
        ("fallback_locales", shape["fallback_locales"], structure.active_locales),
        ("completeness.locales", _complete_in(shape), channel.locales),
    )
    for key, names, known in given:
        folded = {name.casefold() for name in known}
        for name in filter(None, names):
            if name.casefold() not in folded:
                yield _unknown(key, name, known)


def _of_feeds(where: Condition | None) -> Iterator[Violation]:
    """Yield what a feed must not ask for: it would choose by what it has published itself."""
    for leaf in conditions.leaves(where.root) if where else ():
        if conditions.FIELDS.get(leaf.field) == "feeds":
            yield Violation(
                code="feed.asks_feeds",
                path="where",
                message="{field} hangs on what feeds have published, so no feed can choose by it.",
                parameters={"field": leaf.field},
                mend="Choose by what makes the difference: a value, a category, completeness.",
            )


def _complete_in(shape: Mapping[str, Any]) -> list[str]:
    """Return the locales in which products must be complete; the feed's own if it names none."""
    completeness = shape["completeness"]
    if completeness is None:
        return []
    return completeness["locales"] or [shape["locale"]]


def _unknown(key: str, given: str, known: Any) -> Violation:
    return Violation(
        code="feed.unknown_name",
        path=key,
        message='There is no {key} "{given}" here.',
        parameters={
            "key": NOUNS[key],
            "given": given,
            "known": ", ".join(known) or "none yet",
        },
        value=given,
        mend="Choose one of: {known}.",
    )


def _item_id_mapped(
    exporter: Exporter, options: Any, mapping: Mapping[str, Any]
) -> Iterator[Violation]:
    target = exporter.item_id(options)
    if target not in mapping:
        yield Violation(
            code="feed.no_item_id",
            path=f"mapping.{target}",
            message='The target "{target}" identifies an item and is not mapped.',
            parameters={"target": target},
            mend='Map it, say to {{"from": "identifier"}}, or name another with an option.',
        )


def _collect(violations: list[Violation], key: str, read: Any) -> Any:
    """Return what `read` returns, or None with its violations collected below a key."""
    try:
        return read()
    except Refused as refusal:
        for violation in refusal.violations:
            path = f"{key}.{violation.path}" if violation.path else key
            violations.append(replace(violation, path=path))
        return None


def _spelled(things: Any, code: str | None) -> str | None:
    known = things.get(code)
    return known.code if known else code
