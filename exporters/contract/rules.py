"""A rule: one check on one target, as the checking engine and reports see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exporters.contract.checks import Check
from pim.domain.conditions import Node
from pim.domain.violations import Severity


class Names(tuple[Any, ...]):
    """A tuple that reads in messages as a list with commas."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One check on one target: what the checking engine runs and what a report names.

    - `code`: stable; feeds set severities by it (`title.max_length`), docs list it.
    - `target`: the column to blame, and the one that the severity `drop_value` empties. A column
      that the mapping lacks is read as absent everywhere.
    - `check` and `parameters`: see `CHECKS`; `message` and `mend` are templates over
      `parameters`, `target` and `value`.
    - `when`: the rule applies only to items for which this holds (`parse_target_condition`).
    """

    code: str
    target: str
    check: Check
    parameters: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"
    message: str
    mend: str
    source: str = ""
    when: Node | None = None


def base_target(target: str) -> str:
    """Return a target without the numbers of repeated groups.

    `product_detail.2.attribute_name` is the second `product_detail.attribute_name`.
    """
    return ".".join(part for part in target.split(".") if not part.isdecimal())
