"""Which columns of a sheet a campaign can lay over products; the others are left aside, told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.products.models import PRODUCT
from pim.staging.header import HeaderPlan, ValueColumns, read_header
from pim.staging.media import MEDIA_TYPES


@dataclass(frozen=True)
class Columns:
    """The column of identifiers, those of values, and warnings about all others."""

    key: str
    values: tuple[ValueColumns, ...]
    warnings: tuple[Violation, ...]


def read_columns(name: str, header: Sequence[str], structure: Structure) -> Columns:
    """Return what the columns of a sheet mean; raise Refused if it has none to lay over products.

    `name` is that of the file.
    """
    plan = read_header(header, PRODUCT, structure)
    if plan.key is None:
        raise Refused(
            f'{name}: no column says which product a row means. Name it "identifier"'
            + (f' or "{structure.identifier.code}".' if structure.identifier else ".")
        )
    kept = tuple(v for v in plan.values if _reason(v, structure) is None)
    warnings = (*plan.ignored, *_left_aside(plan, structure))
    if not kept:
        raise Refused(f"{name}: no column holds values that a campaign can lay over.", warnings)
    return Columns(plan.key, kept, warnings)


def _left_aside(plan: HeaderPlan, structure: Structure) -> Iterator[Violation]:
    links = (c for a in plan.associations for c in (a.column, a.quantities) if c)
    for column in (*plan.system.values(), *links):
        yield _aside(column, "A campaign lays values over products.")
    for value in plan.values:
        if reason := _reason(value, structure):
            yield from (_aside(column, reason) for column in value.columns.values())


def _reason(value: ValueColumns, structure: Structure) -> str | None:
    axes = {a for v in structure.family_variants for level in v.levels for a in level.axes}
    if value.attribute.unique or value.attribute.code in axes:
        return "It tells products apart."
    if value.attribute.type in MEDIA_TYPES:
        return "Files cannot be laid over."
    return None


def _aside(column: str, reason: str) -> Violation:
    return Violation(
        code="campaign.column_left_aside",
        path=column,
        message="Column {column} is left aside. {reason}",
        parameters={"column": column, "reason": reason},
        mend="Take it out of the sheet, or import it with pim import to change the products.",
        severity="warning",
    )
