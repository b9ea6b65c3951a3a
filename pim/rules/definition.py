"""A rule's document, understood: every name found, every mistake told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from marshmallow import ValidationError

from pim.domain import conditions, operations
from pim.domain.attribute_types.problems import problem
from pim.domain.conditions import FIELDS, Condition, leaves
from pim.domain.operations import Operation, RemovalOperation
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.rules import effects
from pim.rules.chains import joined
from pim.rules.effects import Names
from pim.rules.schedules import Schedule, read_schedule
from pim.rules.schemas import SAVE, SCHEDULE, RuleSchema

T = TypeVar("T")

GUIDE: Final = "docs/guides/rules.md"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One rule, ready to be carried out; `document` is the whole of it in canonical form."""

    code: str
    label: str
    priority: int
    where: Condition
    steps: tuple[Operation, ...]
    triggers: tuple[str, ...]
    schedule: Schedule | None
    enabled: bool
    read_only: bool
    document: Mapping[str, Any]
    structure: Structure

    @property
    def rank(self) -> tuple[int, str]:
        """Return what rules are sorted by: the higher priority first, then by code."""
        return -self.priority, self.code.casefold()

    @cached_property
    def writes(self) -> Names:
        """Return the columns and fields that it may write."""
        return effects.union(effects.writes(step, self.structure) for step in self.steps)

    @cached_property
    def sets(self) -> Names:
        """Return the columns of which it says the whole."""
        return effects.union(effects.sets(step, self.structure) for step in self.steps)

    @cached_property
    def reads(self) -> Names:
        """Return what its condition asks for and its operations copy."""
        taken = (effects.sources(step, self.structure) for step in self.steps)
        return effects.reads(self.where) | effects.union(taken)


def parse_rule(document: Mapping[str, Any], structure: Structure) -> Definition:
    """Return what a document says; raise Refused with every problem at once."""
    definition, violations = read_rule(document, structure)
    if definition is None:
        code = document.get("code", "without a code")
        raise Refused(f'The rule "{code}" is not valid.', violations)
    return definition


def read_rule(document: Any, structure: Structure) -> tuple[Definition | None, list[Violation]]:
    """Return what a document says, None with every problem if it cannot be used."""
    if not isinstance(document, Mapping):
        message = "A rule is an object of JSON; {value} is something else."
        mend = f"{GUIDE} shows one."
        return None, [problem("rule.document", "", message, document, mend=mend)]
    shape, violations = _shape(document)
    where = _where(shape, structure, violations)
    steps = _steps(shape, structure, violations)
    schedule = _schedule(shape, violations)
    violations += _asking_feeds(where, shape)
    violations += _never_settling(where, steps, structure)
    violations += _written_twice(steps, structure)
    if violations:
        return None, violations
    canonical = {**shape, "label": shape["label"] or shape["code"]}
    canonical["triggers"] = list(dict.fromkeys(shape["triggers"]))
    canonical["where"] = conditions.to_document(where)
    canonical["do"] = operations.to_documents(steps)
    if canonical["schedule"] is None:
        del canonical["schedule"]
    definition = Definition(
        code=shape["code"],
        label=canonical["label"],
        priority=shape["priority"],
        where=where,
        steps=steps,
        triggers=tuple(canonical["triggers"]),
        schedule=schedule,
        enabled=shape["enabled"],
        read_only=shape["read_only"],
        document=canonical,
        structure=structure,
    )
    return definition, []


def _shape(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Violation]]:
    """Return the members that have the right shape, the defaults among them."""
    try:
        return dict(RuleSchema().load(document)), []
    except ValidationError as error:
        shape = error.valid_data if isinstance(error.valid_data, dict) else {}
        left = {key: value for key, value in shape.items() if key not in error.messages_dict}
        return left, list(_messages("", error.messages_dict, document))


def _messages(path: str, tree: Any, document: Any) -> Iterator[Violation]:
    if isinstance(tree, Mapping):
        for key, below in tree.items():
            inner = document.get(key) if isinstance(document, Mapping) else None
            yield from _messages(f"{path}.{key}".strip("."), below, inner)
        return
    for text in tree:
        yield problem(
            "rule.document", path, "{text}", "" if document is None else document,
            text=text, mend=f"Correct the document; {GUIDE} describes every key.",
        )  # fmt: skip


def _where(
    shape: Mapping[str, Any], structure: Structure, violations: list[Violation]
) -> Condition:
    where = _collected(
        lambda: conditions.parse(shape.get("where"), structure, path="where"),
        violations,
        Condition(),
    )
    if where.view == "effective":
        message = "A rule chooses products by their stored values, not by what campaigns show."
        mend = 'Leave "view" out of it.'
        violations.append(problem("rule.view", "where.view", message, "effective", mend=mend))
    return where


def _steps(
    shape: Mapping[str, Any], structure: Structure, violations: list[Violation]
) -> tuple[Operation, ...]:
    if "do" not in shape:
        return ()
    none: tuple[Operation, ...] = ()
    steps = _collected(lambda: operations.parse(shape["do"], structure), violations, none)
    for number, step in enumerate(steps):
        if isinstance(step, RemovalOperation):
            message = 'A rule does not "{value}": nobody would look before products are gone.'
            mend = "Disable them by the rule, and delete what is disabled in a bulk edit."
            path = f"do[{number}].type"
            violations.append(problem("rule.operation", path, message, step.type, mend=mend))
    return steps


def _schedule(shape: Mapping[str, Any], violations: list[Violation]) -> Schedule | None:
    given, scheduled = shape.get("schedule"), SCHEDULE in shape.get("triggers", ())
    if given is None and not scheduled:
        return None
    schedule, faults = read_schedule(given)
    violations += faults
    if not scheduled and not faults:
        message = 'There is a schedule, and "schedule" is none of the triggers.'
        mend = 'Add "schedule" to the triggers, or take the schedule out.'
        violations.append(problem("rule.schedule", "triggers", message, given, mend=mend))
    return schedule


def _asking_feeds(where: Condition, shape: Mapping[str, Any]) -> list[Violation]:
    """Return what is wrong with asking feeds while something is saved: they cannot know yet."""
    if not shape.get("read_only") and SAVE not in shape.get("triggers", ()):
        return []
    message = "{value} hangs on publications, which cannot be asked while a product is saved."
    mend = 'Take it out, or let a schedule or an import start the rule, without "read_only".'
    asked = {leaf.field for leaf in leaves(where.root) if FIELDS.get(leaf.field) == "feeds"}
    return [problem("rule.feeds", "where", message, field, mend=mend) for field in sorted(asked)]


def _never_settling(
    where: Condition, steps: tuple[Operation, ...], structure: Structure
) -> list[Violation]:
    """Return the operations that would change the same products again with every run."""
    asked = effects.reads(where)
    message = (
        'With every run "{value}" would change {field} of the same products once more: nothing in'
        " the condition says when it has been done."
    )
    mend = (
        "Ask in the condition for what the operation changes (such as {field} DOES NOT CONTAIN the"
        " text), or keep the original: copy it to {field} first, and change the copy."
    )
    return [
        problem("rule.never_settles", f"do[{n}]", message, step.type, field=named, mend=mend)
        for n, step in joined(steps, structure)
        if effects.compounds(step) and not effects.writes(step, structure) & asked
        for named in [", ".join(sorted(effects.writes(step, structure)))]
    ]


def _written_twice(steps: tuple[Operation, ...], structure: Structure) -> list[Violation]:
    """Return the operations that overwrite an earlier one, or what an earlier one overwrites.

    With every run the first would be written, and then the second over it.
    """
    message = '"{value}" writes {field} once more, after an earlier operation of the same rule.'
    mend = "Keep one of the two, or make two rules of them: the higher priority wins."
    found, written, given = [], frozenset[str](), frozenset[str]()
    for number, step in joined(steps, structure):
        writes, sets = effects.writes(step, structure), effects.sets(step, structure)
        if twice := sets & written | writes & given:
            named = ", ".join(sorted(twice))
            path = f"do[{number}]"
            found.append(
                problem("rule.written_twice", path, message, step.type, field=named, mend=mend)
            )
        written, given = written | writes, given | sets
    return found


def _collected(read: Callable[[], T], violations: list[Violation], otherwise: T) -> T:
    try:
        return read()
    except Refused as refusal:
        violations.extend(refusal.violations)
        return otherwise
