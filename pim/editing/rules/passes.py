"""In which order rules are carried out, and when they have settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pim.domain.attribute_types.problems import problem
from pim.domain.violations import Violation
from pim.rules.definition import Definition
from pim.rules.loops import wakes

#: How often rules may wake each other before they are stopped.
MOST: Final = 10


def settle(rules: Sequence[Definition], carry_out: Callable[[Definition], bool]) -> list[str]:
    """Carry rules out in their order until nothing changes; return those that did not settle.

    Each runs once; it runs again only after something was written that it reads. `carry_out` tells
    whether it has changed anything.
    """
    waiting = {rule.code for rule in rules}
    for _ in range(MOST):
        for rule in rules:
            if rule.code in waiting:
                waiting.discard(rule.code)
                if carry_out(rule):
                    waiting |= {other.code for other in rules if wakes(rule, other)}
        if not waiting:
            return []
    return [rule.code for rule in rules if rule.code in waiting]


def unsettled(codes: Sequence[str]) -> list[Violation]:
    """Return what is wrong with rules that went on changing what they had changed."""
    if not codes:
        return []
    message = (
        "After {most} passes these rules still change what they have changed before: {codes}. They"
        " were stopped there."
    )
    mend = "pim rule check shows the circle; let the conditions say when a rule has done its work."
    return [
        problem("rule.unsettled", "", message, codes[0], codes=", ".join(codes), most=MOST,
                mend=mend)
    ]  # fmt: skip
