"""Values that only one product may have: clashes name both sides.

A value may pass from one row to another within a chunk (two swap theirs) as long as the row that
gives it away is accepted itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.structure import Attribute
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.frames import find_holders
from pim.staging.findings import Findings
from pim.staging.places import Placed

CLEARED = "null"


def check_uniques(
    session: Session,
    placed: Placed,
    cells: Mapping[Cell, pl.Series],
    uniques: Mapping[Cell, Attribute],
    findings: Findings,
) -> None:
    """Reject rows whose unique values belong to a stored entity or to an earlier row."""
    passing = _Passing()
    for cell, attribute in uniques.items():
        _check(session, attribute, placed, cells[cell], findings, passing)
    passing.refuse_after(findings)


def _check(
    session: Session,
    attribute: Attribute,
    placed: Placed,
    texts: pl.Series,
    findings: Findings,
    passing: _Passing,
) -> None:
    claims = _claims(placed, texts, findings)
    if claims.is_empty():
        return
    held = find_holders(session, attribute.id, claims["value"])
    claims = claims.join(held, on="value", how="left", maintain_order="left")
    claims = _with_givers(claims, placed, texts, findings)
    kept = pl.col("holder_id").is_not_null() & pl.col("holder_id").ne_missing(pl.col("id"))
    refused = kept & pl.col("giver").is_null()
    for position, value, holder in (
        claims.filter(refused).select("position", "value", "holder").rows()
    ):
        findings.add(position, _taken(attribute, value, f'"{holder}"'))
    claims = claims.filter(~refused)
    first = pl.col("position").first().over("value")
    later = claims.with_columns(first.alias("first")).filter(pl.col("first") != pl.col("position"))
    for position, value, other in later.select("position", "value", "first").rows():
        name = placed.frame["name"][other]
        where = f'"{name}" in row {findings.rows[other]} of this file'
        findings.add(position, _taken(attribute, value, where))
    for giver, position, value, holder in (
        claims.filter(kept).select("giver", "position", "value", "holder").rows()
    ):
        passing.add(giver, position, _taken(attribute, value, f'"{holder}"'))


def _claims(placed: Placed, texts: pl.Series, findings: Findings) -> pl.DataFrame:
    """Return the accepted rows that give a value: `position`, `id`, `value`."""
    claims = placed.frame.select("id", texts.alias("text")).with_row_index("position")
    speaks = pl.col("text").is_not_null() & (pl.col("text") != CLEARED)
    claims = claims.filter(~findings.mask).filter(speaks)
    return claims.with_columns(plain(claims["text"]).alias("value")).drop("text")


def _with_givers(
    claims: pl.DataFrame, placed: Placed, texts: pl.Series, findings: Findings
) -> pl.DataFrame:
    """Add the row in which the holder of a value gives it away, null if there is none."""
    rows = placed.frame.select("id", texts.alias("instead")).with_row_index("giver")
    speaking = rows.filter(~findings.mask).filter(
        pl.col("id").is_not_null(), pl.col("instead").is_not_null()
    )
    givers = speaking.with_columns(plain(speaking["instead"]).alias("instead"))
    joined = claims.join(
        givers, left_on="holder_id", right_on="id", how="left", maintain_order="left"
    )
    gives = pl.col("instead") != pl.col("value")
    return joined.with_columns(pl.when(gives).then("giver").alias("giver"))


def plain(texts: pl.Series) -> pl.Series:
    """Return the data of JSON texts as the register of unique values spells it."""
    bare = texts.str.strip_prefix('"').str.strip_suffix('"')
    spelt = texts.str.contains("\\", literal=True) | texts.str.contains(r"^[\[{]")
    if not spelt.any():
        return bare
    read = [str(orjson.loads(text)) for text in texts.filter(spelt)]
    return bare.scatter(spelt.arg_true(), pl.Series(read, dtype=pl.String))


@dataclass
class _Passing:
    """Values that pass from row to row: the takers by the rows that give theirs away."""

    takers: dict[int, list[tuple[int, Violation]]] = field(default_factory=dict)

    def add(self, giver: int, taker: int, otherwise: Violation) -> None:
        """Note that a row takes what another gives away; `otherwise` is said if that is refused."""
        self.takers.setdefault(giver, []).append((taker, otherwise))

    def refuse_after(self, findings: Findings) -> None:
        """Reject those who would take from a rejected row, and those who take from them."""
        waiting = [row for row in self.takers if row in findings.rejected]
        while waiting:
            for taker, violation in self.takers.get(waiting.pop(), ()):
                if taker not in findings.rejected:
                    findings.add(taker, violation)
                    waiting.append(taker)


def _taken(attribute: Attribute, value: str, owner: str) -> Violation:
    return Violation(
        code="unique_taken",
        path=attribute.code,
        message="The {attribute} {value} already belongs to {owner}.",
        parameters={"attribute": attribute.code, "value": value, "owner": owner},
        value=value,
        mend="Correct one of the two: the value must be unique.",
    )
