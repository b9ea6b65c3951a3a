"""From JSON to operations, with every mistake named at its place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from pim.domain.addresses import join
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.operations.affix import Append, Prefix
from pim.domain.operations.attach import AttachMedia
from pim.domain.operations.calculate import Calculate
from pim.domain.operations.categorize import Categorize
from pim.domain.operations.change_case import ChangeCase
from pim.domain.operations.clear import Clear
from pim.domain.operations.contract import Operation
from pim.domain.operations.copy import Copy
from pim.domain.operations.groups import SetGroups
from pim.domain.operations.items import Add, Remove
from pim.domain.operations.links import Associate, Dissociate
from pim.domain.operations.places import SetFamily, SetParent, ToSimple
from pim.domain.operations.reader import DocumentReader
from pim.domain.operations.removal import Delete, RemovalOperation, Restore
from pim.domain.operations.replace_text import ReplaceText
from pim.domain.operations.set_value import SetValue
from pim.domain.operations.shift_date import ShiftDate
from pim.domain.operations.status import Disable, Enable
from pim.domain.operations.trim import Trim
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused

_ALL: tuple[type[Operation], ...] = (
    SetValue,
    Clear,
    Add,
    Remove,
    Copy,
    ReplaceText,
    Prefix,
    Append,
    ChangeCase,
    Trim,
    Calculate,
    ShiftDate,
    Categorize,
    SetGroups,
    Associate,
    Dissociate,
    SetFamily,
    SetParent,
    ToSimple,
    Enable,
    Disable,
    AttachMedia,
    Delete,
    Restore,
)

#: Every operation by its type in documents.
OPERATIONS: Final[Mapping[str, type[Operation]]] = MappingProxyType({o.type: o for o in _ALL})


def parse(documents: Any, structure: Structure, *, path: str = "do") -> tuple[Operation, ...]:
    """Return the operations that a JSON list spells, checked against the structure.

    Raises Refused with a violation for each mistake, at paths like "do[0].value".
    """
    violations: list[Violation] = []
    operations: list[Operation] = []
    if not isinstance(documents, list | tuple) or not documents:
        violations.append(wrong_type(path, documents, "a list of operations, not empty"))
        documents = ()
    for index, document in enumerate(documents):
        operation, faults = _read(document, structure, f"{path}[{index}]")
        violations.extend(faults)
        operations += [operation] if operation else []
    violations.extend(_not_alone(operations, path))
    if violations:
        raise Refused("The operations cannot be used.", violations)
    return tuple(operations)


def _not_alone(operations: list[Operation], path: str) -> list[Violation]:
    message = "{value} stands beside other operations, and chooses rows of its own."
    mend = "Make it an edit of its own."
    return [
        problem("not_alone", f"{path}[{index}]", message, operation.type, mend=mend)
        for index, operation in enumerate(operations)
        if isinstance(operation, RemovalOperation | AttachMedia) and len(operations) > 1
    ]


def _read(
    document: Any, structure: Structure, path: str
) -> tuple[Operation | None, list[Violation]]:
    if not isinstance(document, Mapping):
        return None, [wrong_type(path, document, "an object")]
    kind = OPERATIONS.get(document["type"]) if isinstance(document.get("type"), str) else None
    if kind is None:
        return None, [
            _unknown("unknown_operation", document.get("type"), join(path, "type"), OPERATIONS)
        ]
    reader = DocumentReader(document, structure, path)
    for key in set(document) - kind.keys - {"type"}:
        reader.violations.append(_unknown("unknown_key", key, join(path, key), kind.keys))
    return kind.read(reader), reader.violations


def _unknown(code: str, given: Any, path: str, known: Any) -> Violation:
    close = get_close_matches(str(given), list(known), n=1)
    message = {
        "unknown_operation": 'There is no operation "{value}".',
        "unknown_key": '"{value}" is not known here.',
    }[code]
    mend = 'Did you mean "{meant}"?' if close else "Choose one of {known}."
    if not known:
        mend = "Leave it out."
    return problem(
        code, path, message, given, meant=close[0] if close else None,
        known=listed(sorted(known), most=20), mend=mend,
    )  # fmt: skip
