"""Which rows get which files: matched once, frozen, and written by any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from pim.domain.attribute_types import type_of
from pim.domain.conditions import EVERYTHING
from pim.domain.operations import AttachMedia
from pim.domain.structure import Attribute
from pim.editing.media.lacking import of_operation
from pim.editing.media.matching import Matched, match
from pim.editing.selections import Resolved, SelectionDocument
from pim.editing.selections.names import EVERY_LEVEL
from pim.editing.selections.resolve import COLUMNS
from pim.editing.targets import owners
from pim.projection import Reading
from pim.projection.catalogue import MODEL_LEVELS

#: Names that one list of a report has at most; its count tells them all.
SHOWN: Final = 1000

_SYSTEM: Final = {
    "identifier": pl.col("identifier"),
    "style": pl.coalesce("root_code", "identifier"),
    "colourway": pl.when(pl.col("level") == "sub_model").then("identifier")
    .when(pl.col("level") == "model").then(None)
    .otherwise(pl.coalesce("parent_code", "identifier")),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MediaReport:
    """What became of the files, and who has no picture afterwards.

    `counts` has files, matched, unmatched, ambiguous and without; the lists show the first 1,000.
    Entries of `ambiguous` have file, candidates and reason; those of `without` identifier, level
    and products.
    """

    counts: dict[str, int]
    unmatched: list[str] = field(default_factory=list)
    ambiguous: list[dict[str, Any]] = field(default_factory=list)
    without: list[Any] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the JSON of this report."""
        return asdict(self)


def plan(
    reading: Reading, step: AttachMedia, selection: SelectionDocument, resolved: Resolved
) -> tuple[Resolved, MediaReport]:
    """Return the owners that get files, with their keys in the column `files`, and the report."""
    ids = _asked(reading, selection, resolved)
    rows = _rows(reading, step, ids)
    names = [file.name for file in step.files]
    matched = match(names, step.pattern, rows)
    files, crowded = _given(step, matched, reading.structure.attributes[step.field])
    chosen = reading.frame(COLUMNS, ids=files["id"].sort(), levels=EVERY_LEVEL)
    named = _names(reading, [*matched.ambiguous["owners"].explode().drop_nulls(), *crowded["id"]])
    ambiguous = [
        *_several_rows(names, matched, named),
        *_several_files(names, crowded, named),
    ]
    without = of_operation(reading, step, ids, files["id"])
    report = MediaReport(
        counts={
            "files": len(names),
            "matched": int(files["files"].list.len().sum() or 0),
            "unmatched": len(matched.unmatched),
            "ambiguous": len(ambiguous),
            "without": without.count,
        },
        unmatched=[names[number] for number in matched.unmatched[:SHOWN]],
        ambiguous=ambiguous[:SHOWN],
        without=list(without.shown),
    )
    frozen = chosen.with_columns(pl.lit(value=False).alias("recheck")).join(
        files, on="id", maintain_order="left"
    )
    return Resolved(
        rows=frozen, unknown=resolved.unknown, duplicates=resolved.duplicates,
        excluded=resolved.excluded,
    ), report  # fmt: skip


def _asked(reading: Reading, selection: SelectionDocument, resolved: Resolved) -> pl.Series:
    """Return the rows that files may belong to: the chosen ones, of everything models as well."""
    ids = resolved.rows["id"]
    whole = selection.condition is not None and selection.condition.root == EVERYTHING
    if whole and not selection.excluded:
        models = reading.matching(levels=MODEL_LEVELS)
        ids = pl.concat([ids, models]).unique().sort()
    return ids


def _rows(reading: Reading, step: AttachMedia, ids: pl.Series) -> pl.DataFrame:
    """Return owner and the text of each placeholder of rows."""
    structure, wanted = reading.structure, step.pattern.placeholders
    attributes = [name for name in wanted if name not in _SYSTEM]
    system = [*COLUMNS, "root_code", "parent_code"]
    rows = reading.frame([*system, *attributes], ids=ids, levels=EVERY_LEVEL)
    texts = [_SYSTEM[name].alias(name) for name in wanted if name in _SYSTEM]
    texts += [_text(structure.attributes[name]).alias(name) for name in attributes]
    owned = owners(step.field, rows.select(COLUMNS), structure)
    return rows.select(*texts).with_columns(owned["owner"])


def _text(attribute: Attribute) -> pl.Expr:
    """Return the text that stands for a value in file names: a code, digits, or itself."""
    column = pl.col(attribute.code)
    match type_of(attribute).kind:
        case "options":
            codes = {option.id: option.code for option in attribute.options}
            return column.replace_strict(codes, default=None, return_dtype=pl.String)
        case "number":
            return column.cast(pl.String).str.replace(r"\.?0*$", "")
    return column


def _given(
    step: AttachMedia, matched: Matched, attribute: Attribute
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return id and files of owners in order of their numbers, and owners with too many files."""
    files = matched.files.with_columns(
        pl.Series("name", [step.files[n].name for n in matched.files["file"]], dtype=pl.String),
        pl.Series("key", [step.files[n].key for n in matched.files["file"]], dtype=pl.String),
    ).sort("owner", "number", "name", nulls_last=False)
    each = files.group_by("owner", maintain_order=True).agg(
        pl.col("key").unique(maintain_order=True).alias("files"), pl.col("file").alias("positions")
    )
    one = attribute.type != "pim_catalog_asset_collection"
    crowded = (pl.col("files").list.len() > 1) if one else pl.lit(value=False)
    given = each.rename({"owner": "id"})
    return given.filter(~crowded).select("id", "files"), given.filter(crowded)


def _names(reading: Reading, ids: Sequence[int]) -> dict[int, str]:
    wanted = pl.Series("id", sorted(set(ids)), dtype=pl.Int64)
    found = reading.frame(["id", "identifier"], ids=wanted, levels=EVERY_LEVEL)
    return {number: name or str(number) for number, name in found.iter_rows()}


def _several_rows(
    names: Sequence[str], matched: Matched, named: dict[int, str]
) -> list[dict[str, Any]]:
    reason = "Its name fits several. Write separators as the pattern has them, or a longer name."
    return [
        {"file": names[file], "candidates": [named[owner] for owner in owners_], "reason": reason}
        for file, owners_ in matched.ambiguous.iter_rows()
    ]


def _several_files(
    names: Sequence[str], crowded: pl.DataFrame, named: dict[int, str]
) -> list[dict[str, Any]]:
    reason = "Several files fit it, and the attribute holds one. Keep one, or use a collection."
    return [
        {"file": names[file], "candidates": [named[owner]], "reason": reason}
        for owner, positions in crowded.select("id", "positions").iter_rows()
        for file in positions
    ]
