"""Rows that share a key become one model, its sub models, and products below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from importers.contract import ROW, Batch
from pim.domain.structure import FamilyVariant, Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.staging.profiles.losses import row_left_out, value_differs

if TYPE_CHECKING:
    from pim.staging.profiles.profile import Models

PRODUCT_FIELDS = frozenset({"enabled", "groups", "uuid", "identifier", "family"})
#: What a sheet says once for all variants although each product holds it.
SAID_ONCE = ("enabled", "groups", "family")
#: Columns that the grouping itself fills.
NAMED = ("code", "parent", "family_variant")
#: Rows of one model that are held back until they are complete.
LARGEST_MODEL = 50_000
FOLDED, MODEL = "__folded__", "__model__"


@dataclass(kw_only=True)
class Grouping:
    """Splits a sheet's rows, and remembers across batches which models it has named.

    `gathered` are columns whose cells a model collects from all its rows. `seen` holds, per level,
    each model with a hash of every cell that its first rows gave it: a later row that says
    otherwise is warned about, because a model takes its values from where it first stands.
    """

    KEY: ClassVar[str] = "__key__"

    variant: FamilyVariant
    identifier: str
    gathered: frozenset[str] = frozenset()
    seen: dict[int, pl.DataFrame] = field(default_factory=dict)
    said: pl.DataFrame | None = None
    _warnings: list[tuple[int, Violation]] = field(default_factory=list)

    @classmethod
    def of(cls, models: Models, structure: Structure, header: Sequence[str]) -> Grouping:
        """Return the grouping for a sheet; raises Refused if its columns or the variant lack."""
        variant = structure.family_variants.get(models.family_variant)
        if variant is None:
            raise Refused(f'There is no family variant "{models.family_variant}".')
        missing = [h for h in (models.key, *models.axes.values()) if h.strip() not in header]
        if missing:
            names = ", ".join(f'"{name}"' for name in missing)
            raise Refused(f"The profile groups rows by columns that the sheet lacks: {names}.")
        collections = (a.code for a in structure.attributes if a.type.endswith("asset_collection"))
        return cls(
            variant=variant,
            identifier=structure.identifier.code if structure.identifier else "identifier",
            gathered=frozenset(collections),
        )

    def split(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the models that are new, parents first, and the products of the rows."""
        key = pl.col(self.KEY).fill_null("").str.strip_chars()
        frame = frame.with_columns(key.alias(self.KEY), key.str.to_lowercase().alias(FOLDED))
        frame = self._with_what_was_said(frame)
        own = self._columns_by_level(frame)
        varied = frame.filter(self._varies(frame))
        models = [self._models(varied, own[0], level=0)]
        if len(self.variant.levels) > 1:
            coloured = varied.filter(pl.all_horizontal(_filled(self._axes(0))))
            models.append(self._models(coloured, own[1], level=1))
        return pl.concat(models, how="diagonal"), self._products(frame, varied, own)

    def take_warnings(self) -> list[tuple[int, Violation]]:
        """Return the warnings since the last call, in the order of their rows."""
        taken, self._warnings = sorted(self._warnings, key=lambda each: each[0]), []
        return taken

    def _axes(self, *levels: int) -> list[str]:
        """Return the axes of the given levels below the root, of all if none is given."""
        chosen = levels or range(len(self.variant.levels))
        return [axis for level in chosen for axis in self.variant.levels[level].axes]

    def _varies(self, frame: pl.DataFrame) -> pl.Expr:
        """Tell whether a row's key has variants: here, or in what was read before."""
        before = self.seen.get(0)
        known = before[MODEL].implode() if before is not None else pl.Series([[""]])
        here = pl.any_horizontal(_filled(self._axes())).any().over(FOLDED)
        return (pl.col(FOLDED) != "") & (here | pl.col(FOLDED).is_in(known))

    def _with_what_was_said(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return rows that say nothing about a product's state with what their key said first."""
        once = [name for name in SAID_ONCE if name in frame.columns]
        if not once:
            return frame
        first = frame.group_by(FOLDED, maintain_order=True).agg(
            pl.col(name).filter(_filled([name])[0]).first() for name in once
        )
        if self.said is not None:
            first = pl.concat([self.said, first.join(self.said, on=FOLDED, how="anti")])
        self.said = first
        told = frame.join(first, on=FOLDED, how="left", maintain_order="left", suffix="\0")
        return told.with_columns(
            pl.when(_filled([name])[0] | (pl.col(FOLDED) == ""))
            .then(pl.col(name))
            .otherwise(pl.col(f"{name}\0").fill_null(""))
            .alias(name)
            for name in once
        ).drop(f"{name}\0" for name in once)

    def _columns_by_level(self, frame: pl.DataFrame) -> list[list[str]]:
        """Return the sheet's columns by the level that they belong to; axes stand at theirs."""
        levels: list[list[str]] = [[] for _ in range(len(self.variant.levels) + 1)]
        for name in frame.columns:
            if name not in (ROW, self.KEY, FOLDED, *NAMED):
                levels[self._level(name)].append(name)
        return levels

    def _level(self, column: str) -> int:
        name = column.partition("-")[0]
        if name in PRODUCT_FIELDS or name == self.identifier:
            return len(self.variant.levels)
        return self.variant.owner(name)

    def _code(self, level: int) -> pl.Expr:
        """Return the code of a row's model: the key, or the key and its first axes' values."""
        if level == 0:
            return pl.col(self.KEY)
        axes = [pl.col(axis).fill_null("").str.strip_chars() for axis in self._axes(0)]
        return pl.concat_str(pl.col(self.KEY), *axes, separator="-")

    def _models(self, rows: pl.DataFrame, columns: list[str], *, level: int) -> pl.DataFrame:
        """Return one row per new model: in each column the first cell that says something."""
        rows = rows.with_columns(self._code(level).alias("code"))
        rows = rows.with_columns(pl.col("code").str.to_lowercase().alias(MODEL))
        grouped = rows.group_by(MODEL, maintain_order=True).agg(
            pl.col("code", self.KEY, ROW).first(),
            *(self._cell_of(name) for name in columns),
        )
        hashes = grouped.select(MODEL, pl.col(columns).hash())
        before = self.seen.get(level, hashes.clear())
        new = grouped.join(before, on=MODEL, how="anti", maintain_order="left")
        fresh = hashes.join(before, on=MODEL, how="anti", maintain_order="left")
        self.seen[level] = pl.concat([before, fresh])
        self._warn(rows, columns, level=level, before=before)
        parent = pl.col(self.KEY) if level else pl.lit(None, dtype=pl.String)
        variant = pl.lit(self.variant.code).alias("family_variant")
        return new.select("code", parent.alias("parent"), variant, *columns, ROW)

    def _cell_of(self, name: str) -> pl.Expr:
        filled = pl.col(name).filter(_filled([name])[0])
        if name.partition("-")[0] in self.gathered:
            return filled.unique(maintain_order=True).str.join(",").alias(name)
        return filled.first().fill_null("")

    def _warn(
        self, rows: pl.DataFrame, columns: list[str], *, level: int, before: pl.DataFrame
    ) -> None:
        """Warn about cells that differ from what their model was given where it first stood.

        What a model gathers is complete when its rows end: more of it later comes too late.
        """
        first = self.seen[level].rename({name: f"{name}\0" for name in columns})
        compared = rows.join(first, on=MODEL, how="left", maintain_order="left")
        late = pl.col(MODEL).is_in(before[MODEL].implode())
        for name in columns:
            other = pl.col(name).hash() != pl.col(f"{name}\0")
            is_gathered = name.partition("-")[0] in self.gathered
            differs = _filled([name])[0] & (late if is_gathered else other)
            for row, text, code in compared.filter(differs).select(ROW, name, "code").iter_rows():
                self._warnings.append((row, value_differs(name, text, code)))

    def _warn_of_loss(self, rows: pl.DataFrame, columns: Sequence[str]) -> None:
        """Warn about rows that are no products and yet say what only products can hold."""
        telling = [name for name in columns if name not in SAID_ONCE]
        for number, *cells in rows.select(ROW, *telling).iter_rows():
            lost = [name for name, cell in zip(telling, cells, strict=True) if (cell or "").strip()]
            if lost:
                self._warnings.append((number, row_left_out(lost)))

    def _products(
        self, frame: pl.DataFrame, varied: pl.DataFrame, own: list[list[str]]
    ) -> pl.DataFrame:
        """Return the rows that are products; one without variants keeps every column.

        A row without an identifier and without a place on any axis is none: it says more about
        its model (a further picture).
        """
        last = len(self.variant.levels)
        inherited = [name for level in own[:last] for name in level]
        below = pl.col(ROW).is_in(varied[ROW].implode())
        named = [self.identifier] if self.identifier in frame.columns else []
        is_product = pl.any_horizontal(_filled([*named, *self._axes()]))
        self._warn_of_loss(frame.filter(~is_product), [n for level in own[1:] for n in level])
        frame = frame.filter(is_product)
        if "family" not in frame.columns:
            own[last].append("family")
            frame = frame.with_columns(pl.lit(self.variant.family).alias("family"))
        parent = pl.when(below).then(self._code(last - 1)).alias("parent")
        # Null, not "": a cell that belongs to the model says nothing about the product.
        theirs = [pl.when(~below).then(pl.col(name)).alias(name) for name in inherited]
        return frame.select(*own[last], parent, *theirs, ROW)


def uncut(batches: Iterable[Batch], key: str) -> Iterator[Batch]:
    """Yield the same rows, cut anew so that neighbours with one key stay together."""
    held: list[pl.DataFrame] = []
    for batch in batches:
        frame = pl.concat([*held, batch.frame])
        end = _start_of_last(frame, key)
        held = [frame.slice(end)]
        if end or batch.problems:
            yield Batch(frame=frame.head(end), problems=batch.problems)
    if held and held[0].height:
        yield Batch(frame=held[0])


def _start_of_last(frame: pl.DataFrame, key: str) -> int:
    """Return where the rows of the last key begin; the end if they are too many to be a model."""
    if not frame.height or key not in frame.columns:
        return frame.height
    keys = frame[key].fill_null("").str.strip_chars().str.to_lowercase()
    others = (keys != keys[-1]).arg_true()
    start = others[-1] + 1 if others.len() else 0
    return start if frame.height - start <= LARGEST_MODEL else frame.height


def _filled(columns: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(name).fill_null("").str.strip_chars() != "" for name in columns]
