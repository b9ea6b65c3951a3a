"""What campaigns may do: operations on values, categories, status; cells given one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pim.campaigns.running import WITHHOLD
from pim.domain import operations
from pim.domain.addresses import EVERY
from pim.domain.attribute_types.problems import listed, problem
from pim.domain.operations import CellOperation, Copy, EntityOperation, Operation
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused

#: The document of cells that are given one by one: {"type": "cells", "sheet": digest}.
CELLS: Final = "cells"

#: They write values, but take them from files that must lie in the store first.
NEVER: Final = frozenset({"attach_media"})
#: What a product is, beside its values, and may be laid over all the same.
STATES: Final = frozenset({"enabled", "categories"})

Known = Callable[[str], bool]


@dataclass(frozen=True)
class SheetCells:
    """Cells given one by one, stored under a digest (`pim.campaigns.sheets`)."""

    sheet: str

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": CELLS, "sheet": self.sheet}


Overlay = Operation | SheetCells


def read_overlays(
    documents: Sequence[Mapping[str, Any]], structure: Structure, *, known: Known
) -> tuple[tuple[Overlay, ...], list[Violation]]:
    """Return what a campaign's list `do` spells, and what is wrong with it.

    `known` tells whether there is a sheet of a digest.
    """
    if not documents:
        message = "The campaign does nothing."
        mend = 'List what it does under "do": operations on values such as set or calculate.'
        return (), [problem("campaign.nothing_to_do", "do", message, "", mend=mend)]
    found: list[Overlay] = []
    violations: list[Violation] = []
    for number, document in enumerate(documents):
        overlay, faults = _read(document, structure, f"do[{number}]", known)
        found += [overlay] if overlay else []
        violations += faults
    return tuple(found), violations


def _read(
    document: Mapping[str, Any], structure: Structure, path: str, known: Known
) -> tuple[Overlay | None, list[Violation]]:
    if document.get("type") == CELLS:
        return _sheet(document, path, known)
    if document.get("type") == WITHHOLD:
        return None, [_by_a_drop(path)]
    fitted, faults = _fitted(document, structure, path)
    try:
        (operation,) = operations.parse([fitted], structure, path=path)
    except Refused as refusal:
        return None, [*faults, *(_moved(violation, path) for violation in refusal.violations)]
    if not _lies_over(operation):
        return None, [_no_overlay(operation.type, path)]
    if isinstance(operation, CellOperation):
        faults += _identity(operation, structure, path)
    return (None if faults else operation), faults


def _lies_over(operation: Operation) -> bool:
    """Tell whether an operation can be laid over products that stay as they are."""
    if isinstance(operation, EntityOperation):
        return operation.touches in STATES
    return isinstance(operation, CellOperation) and operation.type not in NEVER


def _fitted(
    document: Mapping[str, Any], structure: Structure, path: str
) -> tuple[dict[str, Any], list[Violation]]:
    """Return an operation as one that writes could say, and what is wrong with its scopes.

    An overlay is laid per channel anyway, so an attribute that does not vary by channel may have a
    scope here: it says for which channels the operation is meant. What is not said means all.
    """
    fitted = dict(document)
    faults: list[Violation] = []
    for prefix, name in (("", "field"), ("to_", "to_field")):
        code = fitted.get(name)
        attribute = structure.attributes.get(code) if isinstance(code, str) else None
        if attribute is None:
            continue
        scope, locale = f"{prefix}scope", f"{prefix}locale"
        if attribute.scopable:
            fitted[scope] = fitted.get(scope) or EVERY
        elif given := fitted.pop(scope, None):
            faults += _unknown_scopes(given, structure, f"{path}.{scope}")
        if attribute.localizable:
            fitted[locale] = fitted.get(locale) or EVERY
    return fitted, faults


def _unknown_scopes(given: Any, structure: Structure, path: str) -> list[Violation]:
    codes = [given] if isinstance(given, str) else given if isinstance(given, list) else [given]
    known = listed((channel.code for channel in structure.channels), most=20)
    return [
        problem(
            "campaign.unknown_name", path, 'There is no {noun} "{value}" here.', code,
            noun="channel", known=known, mend="Choose one of: {known}.",
        )
        for code in codes
        if code != EVERY and code not in structure.channels
    ]  # fmt: skip


def _moved(violation: Violation, path: str) -> Violation:
    """Return a violation of a list of one at the place of that one."""
    return replace(violation, path=violation.path.replace(f"{path}[0]", path, 1))


def _sheet(
    document: Mapping[str, Any], path: str, known: Known
) -> tuple[SheetCells | None, list[Violation]]:
    sheet = document.get("sheet")
    if isinstance(sheet, str) and set(document) == {"type", "sheet"} and known(sheet):
        return SheetCells(sheet), []
    message = 'There is no sheet "{value}" here.'
    mend = "Cells come from a file: pim campaign import CODE FILE writes this entry."
    return None, [problem("campaign.unknown_sheet", path, message, sheet or "", mend=mend)]


def _no_overlay(kind: str, path: str) -> Violation:
    return problem(
        "campaign.no_overlay",
        f"{path}.type",
        "A campaign lays values over products; {value} changes the products themselves.",
        kind,
        mend="Use pim bulk for it, which writes products and can be undone.",
    )


def _by_a_drop(path: str) -> Violation:
    message = "A campaign lays values over products; to {value} them is what a drop does."
    mend = "Write a drop, with the moment from which products are shown: pim drop apply FILE."
    return problem("campaign.no_overlay", f"{path}.type", message, WITHHOLD, mend=mend)


def _identity(operation: CellOperation, structure: Structure, path: str) -> list[Violation]:
    """Return why an attribute that tells products apart cannot be laid over."""
    axes = {a for v in structure.family_variants for level in v.levels for a in level.axes}
    attribute = structure.attributes[operation.field]
    if not attribute.unique and attribute.code not in axes:
        return []
    message = "{value} tells products apart, so a campaign cannot lay other values over it."
    name = "to_field" if isinstance(operation, Copy) else "field"
    mend = "Choose another attribute."
    return [problem("campaign.identity", f"{path}.{name}", message, attribute.code, mend=mend)]
