"""The rows of a chunk that were exported, edited and came back: who they are, what they showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from sqlalchemy.orm import Session

from pim.staging.findings import Findings
from pim.staging.header import KEYS, HeaderPlan
from pim.staging.round_trip import problems
from pim.staging.round_trip.conflicts import Clashes
from pim.staging.round_trip.marks import read_marks
from pim.staging.round_trip.past import Past
from pim.staging.round_trip.queries import LEAVES, find_covered, find_leaves, find_marked
from pim.staging.round_trip.spreadsheets import reformatted


@dataclass(kw_only=True)
class Trip:
    """A chunk on its way back.

    `rows` are those that were given, under the names that the catalogue knows them by. `entities`
    has for each row `id`, `called`, `version`, `family_id`, `variant_id` and `parent_id`, null
    for rows that do not tell their version: these are imported like any other. `lost` are rows
    that tell one which is no use.
    """

    rows: pl.DataFrame
    entities: pl.DataFrame
    past: Past
    lost: pl.Series
    clashes: Clashes = field(default_factory=Clashes)


@dataclass(frozen=True, kw_only=True)
class Trips:
    """Recognises the rows of one file that came back."""

    session: Session
    plan: HeaderPlan
    change_set_id: int
    file: str

    def begin(self, texts: pl.DataFrame, rows: pl.DataFrame, findings: Findings) -> Trip | None:
        """Return what is known of the rows; None if none of them tells its version.

        `rows` has `name` and `key`. A row whose version says nothing goes to `findings`.
        """
        if self.plan.version is None:
            return None
        marks = read_marks(texts[self.plan.version])
        if not marks["marked"].any():
            return None
        frame = self._recognised(rows.select("name", "key").hstack(marks))
        self._note(frame, findings)
        good = pl.col("marked") & pl.col("problem").is_null()
        entities = frame.select(pl.when(good).then(pl.col(name)).alias(name) for name in _KNOWN)
        names = {"name": entities["called"], "key": frame["called_key"].set(~frame["good"], None)}
        return Trip(
            rows=rows.with_columns(
                pl.coalesce(column, pl.col(name)).alias(name) for name, column in names.items()
            ),
            entities=entities,
            past=Past(ids=entities["id"], leaves=self._leaves(entities)),
            lost=frame["problem"].is_not_null(),
        )

    def _leaves(self, entities: pl.DataFrame) -> pl.DataFrame:
        stale = _stale(entities)
        if stale.is_empty():
            return pl.DataFrame(schema=LEAVES)
        return find_leaves(
            self.session, stale, change_set_id=self.change_set_id, file=Path(self.file).name
        )

    def _recognised(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the entities that the marks name, and what is wrong with a mark."""
        found = find_marked(self.session, self.plan.kind, frame["key"], frame["mark_id"])
        frame = frame.join(
            found.with_columns(mark_id="id"), on="mark_id", how="left", maintain_order="left"
        )
        stale = _stale(frame)
        covered = find_covered(self.session, stale) if stale.height else _NOTHING_COVERED
        frame = frame.join(covered, on="id", how="left", maintain_order="left")
        frame = frame.with_columns(_bears_its_name(frame).alias("same"))
        problem = pl.coalesce(pl.when(wrong).then(pl.lit(name)) for name, wrong in _CHECKS)
        return frame.with_columns(pl.when("marked").then(problem).alias("problem")).with_columns(
            (pl.col("marked") & pl.col("problem").is_null()).alias("good")
        )

    def _note(self, frame: pl.DataFrame, findings: Findings) -> None:
        wrong = frame.with_row_index("position").filter(pl.col("problem").is_not_null())
        column, key = str(self.plan.version), self.plan.key or KEYS[self.plan.kind]
        for row in wrong.iter_rows(named=True):
            name = row["name"]
            match row["problem"]:
                case "unreadable":
                    problem = problems.unreadable(column, row["text"])
                case "deleted":
                    problem = problems.deleted(key, name)
                case "astray":
                    problem = problems.astray(column, name, row["called"])
                case _:
                    problem = problems.unknown(column, row["seen"], row["version"])
            findings.add(row["position"], problem)


def _stale(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `id` and `seen` of what was written since it was exported."""
    return frame.filter(pl.col("seen") < pl.col("version")).select("id", "seen").unique("id")


def _bears_its_name(frame: pl.DataFrame) -> pl.Series:
    """Tell which rows bear the name of what they were exported from, if only as a number."""
    same = frame["called_key"].eq_missing(frame["key"])
    odd = (~same & frame["called"].is_not_null()).arg_true()
    if odd.is_empty():
        return same
    pairs = zip(frame["called"].gather(odd), frame["name"].gather(odd), strict=True)
    return same.scatter(odd, [reformatted(was, name) for was, name in pairs])


_KNOWN = ("id", "called", "seen", "version", "family_id", "variant_id", "parent_id")
_NOTHING_COVERED = pl.DataFrame(schema={"id": pl.Int64, "covered": pl.Int64})

#: History must tell of every version between the one that a row shows and the one that stands.
_GAP = pl.col("covered").fill_null(0) != pl.col("version") - pl.col("seen")
_CHECKS = (
    ("unreadable", pl.col("seen").is_null()),
    ("deleted", pl.col("id").is_null()),
    ("astray", ~pl.col("same")),
    ("unknown", _GAP),
)
