"""Which rules a feed may weigh: those of its exporter, of its mapping, and its targets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from exporters.contract import Exporter
from pim.domain.violations import Violation

SUGGESTED = 3


def severity_problems(
    exporter: Exporter, options: Any, shape: Mapping[str, Any]
) -> Iterator[Violation]:
    """Yield severities of rules that do not exist, and those that would let items lose their id."""
    item_id = exporter.item_id(options)
    own = {item_id, f"{item_id}.required", f"{item_id}.unique"}
    known = {*own, *_known(exporter, options, shape["mapping"])}
    for name, severity in shape["severity"].items():
        if name not in known:
            yield _unknown(name, known)
        elif name in own and severity not in {"error", "hold_group"}:
            yield _needed(name, item_id, severity)


def _known(exporter: Exporter, options: Any, mapping: Mapping[str, Any]) -> Iterator[str]:
    requirements = exporter.requirements(options)
    yield from (requirement.target for requirement in requirements.targets)
    yield from (rule.code for rule in requirements.rules())
    for target in mapping:
        yield target
        yield f"{target}.unmapped"


def _unknown(name: str, known: set[str]) -> Violation:
    near = difflib.get_close_matches(name, sorted(known), n=SUGGESTED)
    return Violation(
        code="feed.unknown_rule",
        path=f"severity.{name}",
        message='There is no rule or target "{name}" here.',
        parameters={"name": name, "near": " or ".join(near)},
        value=name,
        mend="Did you mean {near}?"
        if near
        else "docs/formats lists the exporter's rules; a target stands for all of its own.",
    )


def _needed(name: str, item_id: str, severity: str) -> Violation:
    return Violation(
        code="feed.item_id_severity",
        path=f"severity.{name}",
        message='"{severity}" would publish items without an id of their own in "{item_id}".',
        parameters={"severity": severity, "item_id": item_id},
        value=severity,
        mend='Leave "{item_id}" at error, or take another target as the id.',
    )
