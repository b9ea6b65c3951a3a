"""How a value reads when no step formats it, and how steps take values of another kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from channels.steps.contract import DECIMAL, Cell, Context, Kind, Step, blank_to_null
from channels.steps.decimals import canonical, fixed


def rendered(cell: Cell, context: Context) -> Cell:
    """Return the cell as the feed shows it: kind text, or list for kinds with several values.

    Option: code; boolean: true or false; date and time: ISO 8601; number and measure's amount:
    plain decimal without trailing zeros; money: with the currency's decimals. Empty is null.
    """
    as_text = as_text_cell(cell, context)
    if as_text.kind == "list":
        kept = as_text.expr.list.eval(blank_to_null(pl.element()).drop_nulls())
        return as_text.list(pl.when(kept.list.len() > 0).then(kept))
    return as_text.text(blank_to_null(as_text.expr))


def as_text_cell(cell: Cell, context: Context) -> Cell:
    """Return the cell as kind text or list."""
    if cell.kind in ("text", "list"):
        return cell
    if cell.kind in ("options", "categories"):
        return cell.list(cell.expr.list.eval(codes(cell, pl.element())))
    return cell.text(RENDERERS[cell.kind](cell, context))


def codes(cell: Cell, ids: pl.Expr) -> pl.Expr:
    """Return the codes of database ids; an id that is gone becomes null."""
    return named(ids, {choice.id: choice.code for choice in cell.choices})


def named(ids: pl.Expr, names: dict[int, str]) -> pl.Expr:
    """Return names by id as text; ids without a name become null."""
    if not names:
        return pl.when(False).then(ids.cast(pl.String))
    return ids.replace_strict(names, default=None, return_dtype=pl.String)


def fitted(cell: Cell, step: type[Step] | Step, context: Context) -> Cell | None:
    """Return the cell in a kind that the step accepts, or None where there is no sensible way."""
    if cell.kind in step.accepts:
        return cell
    if "text" in step.accepts:
        text = as_text_cell(cell, context)
        return text if text.kind in step.accepts else None
    if cell.kind == "text":
        return _read(cell, step.accepts)
    return None


def _read(cell: Cell, wanted: frozenset[Kind]) -> Cell | None:
    """Return text read as the number or the date that it spells; what spells none is null."""
    if "number" in wanted:
        return replace(cell, expr=cell.expr.cast(DECIMAL, strict=False), kind="number", parts=())
    if "datetime" in wanted:
        day = cell.expr.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        return replace(cell, expr=day, kind="date", parts=())
    if "list" in wanted:
        return cell.list(pl.when(cell.expr.is_not_null()).then(pl.concat_list(cell.expr)))
    return None


def _option(cell: Cell, context: Context) -> pl.Expr:
    return codes(cell, cell.expr)


def _number(cell: Cell, context: Context) -> pl.Expr:
    return canonical(cell.expr)


def _money(cell: Cell, context: Context) -> pl.Expr:
    return fixed(cell.expr, context.decimals(cell.currency or context.currency))


def _boolean(cell: Cell, context: Context) -> pl.Expr:
    return pl.when(cell.expr.is_not_null()).then(
        pl.when(cell.expr).then(pl.lit("true")).otherwise(pl.lit("false"))
    )


def _date(cell: Cell, context: Context) -> pl.Expr:
    return cell.expr.dt.strftime("%Y-%m-%d")


def _datetime(cell: Cell, context: Context) -> pl.Expr:
    return cell.expr.dt.strftime("%Y-%m-%dT%H:%M:%S%:z")


def _media(cell: Cell, context: Context) -> pl.Expr:
    return cell.expr


RENDERERS: dict[Kind, Callable[[Cell, Context], pl.Expr]] = {
    "number": _number,
    "measure": _number,
    "money": _money,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "option": _option,
    "media": _media,
}
