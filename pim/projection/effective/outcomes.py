"""What a campaign makes of a part, decided once for each distinct content.

By the operations of the domain, as bulk edits do: an overlay and an edit cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
import polars as pl
import pyarrow as pa

from pim.domain import operations, values
from pim.domain.operations import (
    CellOperation,
    Clear,
    EntityOperation,
    EntityState,
)
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.products.changes import changed_cell
from pim.projection.decode import Decoder
from pim.projection.effective.parts import Part, document_of
from pim.projection.effective.plans import Chain, Sheet, Step

#: Columns of what was decided, beside those of the part.
CLAIMED: Final = "\x00claimed"
VALID: Final = "\x00valid"


class Outcome(NamedTuple):
    """The document that shows a part afterwards; whether the campaign has it, and by its rules."""

    document: Mapping[str, Any]
    claimed: bool
    valid: bool


def decided(
    contents: Sequence[tuple[Chain, tuple[Any, ...]]], part: Part, structure: Structure
) -> pl.DataFrame:
    """Return CLAIMED, VALID and the part's columns for each content: chain, and its `names`."""
    found = [outcome(chain, content, structure) for chain, content in contents]
    if part.cell is None:
        shown = pl.DataFrame(
            {part.names[0]: [each.document["data"] for each in found]},
            schema={part.names[0]: part.columns[0].dtype},
        )
    else:
        shown = _shown([each.document for each in found], part, structure)
    flags = {CLAIMED: [each.claimed for each in found], VALID: [each.valid for each in found]}
    return shown.hstack(pl.DataFrame(flags, schema=dict.fromkeys(flags, pl.Boolean)))


def _shown(
    documents: Sequence[Mapping[str, Any]], part: Part, structure: Structure
) -> pl.DataFrame:
    """Return the columns of a part as the projection shows these documents."""
    lines = [
        orjson.dumps({"id": number, "values": document}) + b"\n"
        for number, document in enumerate(documents)
    ]
    frame = Decoder(structure, {"id": pa.int64()}).frame(lines)
    lacking = [c for c in part.columns if c.name not in frame.columns]
    nothing = (pl.lit(None, dtype=column.dtype).alias(column.name) for column in lacking)
    return frame.with_columns(*nothing).select(part.names)


def outcome(chain: Chain, content: Sequence[Any], structure: Structure) -> Outcome:
    """Return what a campaign makes of a content, given in the order of the chain's `names`."""
    if chain.part.cell is None:
        return _of_entity(chain, content[0], structure)
    held = len(content) - len(chain.sheets)
    given = dict(zip(chain.sheets, content[held:], strict=True))
    before: Mapping[str, Any] = document_of(chain.reads, content[:held])
    document, valid, meant = before, True, False
    for step in chain.steps:
        for cell in sorted(step.cells & {part.cell for part in chain.reads}):
            document, kept = _after(step, cell, document, given, structure)
            if cell == chain.part.cell and step.takes(chain.part):
                valid &= kept
                meant |= _means(step, chain.part, given)
    was, now = (_of(chain.part, each) for each in (before, document))
    if chain.only_fills:
        claimed = was is None and now is not None
    elif chain.only_sheets:
        claimed = meant
    else:
        claimed = meant or was is not None or now is not None
    return Outcome(_alone(chain.part, now), claimed, valid)


def _after(
    step: Step,
    cell: Cell,
    document: Mapping[str, Any],
    given: Mapping[str, Any],
    structure: Structure,
) -> tuple[Mapping[str, Any], bool]:
    """Return the document after a step, and whether what the step gives is valid."""
    if isinstance(step.does, Sheet):
        text = given.get(step.does.column(cell))
        return (document, True) if text is None else (
            _written(document, cell, orjson.loads(text)), True
        )  # fmt: skip
    assert isinstance(step.does, CellOperation)
    data, violations = operations.apply_to(step.does, cell, document, structure)
    return (document, False) if violations else (_written(document, cell, data), True)


def _written(document: Mapping[str, Any], cell: Cell, data: Any) -> Mapping[str, Any]:
    """Return the document as a bulk edit would leave it: currencies that are not given stay."""
    patch = changed_cell(values.get(document, cell), data)
    if patch is None:
        return document
    merged: Mapping[str, Any] = values.merge(document, values.patch_of(cell, patch[1]))
    return merged


def _means(step: Step, part: Part, given: Mapping[str, Any]) -> bool:
    """Tell whether a step has a part even if it leaves it empty."""
    if isinstance(step.does, Sheet) and part.cell is not None:
        text = given.get(step.does.column(part.cell))
        return text is not None and (part.currency is None or part.currency in orjson.loads(text))
    return isinstance(step.does, Clear)


def _of(part: Part, document: Mapping[str, Any]) -> Any:
    assert part.cell is not None
    data = values.get(document, part.cell)
    return data.get(part.currency) if data and part.currency is not None else data


def _alone(part: Part, data: Any) -> dict[str, Any]:
    """Return a document with nothing but a part."""
    assert part.cell is not None
    if data is None:
        return {}
    return values.patch_of(part.cell, data if part.currency is None else {part.currency: data})


def _of_entity(chain: Chain, content: Any, structure: Structure) -> Outcome:
    """Return what becomes of categories (ids) or the status of a product."""
    of_categories = chain.part.names == ["categories"]
    by_id = structure.categories.by_id
    state = EntityState(enabled=True)
    if of_categories:
        codes = frozenset(by_id[number].code for number in content or () if number in by_id)
        state = EntityState(enabled=True, categories=codes)
    elif content is not None:
        state = EntityState(enabled=content)
    for step in chain.steps:
        assert isinstance(step.does, EntityOperation)
        state = step.does.change(state, structure)
    data: Any = state.enabled
    if of_categories:
        data = sorted(structure.categories[code].id for code in state.categories)
    return Outcome({"data": data}, claimed=True, valid=True)
