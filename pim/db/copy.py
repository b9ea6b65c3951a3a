"""Bulk rows in and out of PostgreSQL by COPY, as Polars frames."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session


def raw_connection(session: Session) -> psycopg.Connection[Any]:
    """Return the session's psycopg connection, inside its transaction."""
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg, not {type(driver).__name__}")
    return driver


def copy_in(session: Session, table: str, frame: pl.DataFrame) -> int:
    """Append the rows of a frame to the columns of the same names; return how many.

    Arrays and JSON travel as text. Null stays null and "" stays "": CSV quotes all text.
    """
    if frame.is_empty():
        return 0
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(",").join(map(sql.Identifier, frame.columns))
    )
    rows = io.BytesIO()
    frame.write_csv(rows, include_header=False, quote_style="non_numeric")
    with raw_connection(session).cursor().copy(statement) as copy:
        copy.write(rows.getbuffer())
    return frame.height


def copy_to_temporary(
    session: Session, table: str, columns: Sequence[tuple[str, str]], frame: pl.DataFrame
) -> None:
    """Fill a temporary table (name and SQL type of each column); the commit drops it."""
    definition = sql.SQL(",").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns
    )
    name = sql.Identifier(table)
    with raw_connection(session).cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        cursor.execute(sql.SQL("CREATE TEMP TABLE {} ({}) ON COMMIT DROP").format(name, definition))
    copy_in(session, table, frame.select([name for name, _ in columns]))


#: Between cells and rows of a fetch: control characters, which no JSON text and no name holds.
CELL_END, ROW_END = "\x1f", "\x1e"


def fetch(
    session: Session, query: str, schema: pl.Schema, parameters: Mapping[str, Any]
) -> pl.DataFrame:
    """Return the rows of a query under a schema; JSON and arrays arrive as text.

    All rows travel as one text, many times faster than one by one. Columns may have any type that
    the schema's can read; null and "" both arrive as null. The query may lock.
    """
    cells = ", ".join(f"coalesce(CAST(\"{name}\" AS text), '')" for name in schema)
    columns = ", ".join(f'"{name}"' for name in schema)
    whole = text(
        f"SELECT string_agg(concat_ws(:cell_end, {cells}), :row_end)"  # noqa: S608 - own names
        f" FROM ({query}) AS t ({columns})"
    )
    ends = {"cell_end": CELL_END, "row_end": ROW_END}
    rows = session.scalar(whole, {**parameters, **ends})
    if not rows:
        return schema.to_frame()
    return pl.read_csv(
        rows.encode(),
        schema=schema,
        has_header=False,
        separator=CELL_END,
        eol_char=ROW_END,
        quote_char=None,
    )


def text_array(texts: pl.Series) -> str:
    """Return texts as one PostgreSQL array literal, for a parameter; nulls are left out."""
    present = texts.drop_nulls()
    if present.is_empty():
        return "{}"
    escaped = present.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
        '"', '\\"', literal=True
    )
    return '{"' + str(escaped.str.join('","').item()) + '"}'


def number_array(numbers: pl.Series) -> str:
    """Return whole numbers as one PostgreSQL array literal, for a parameter; nulls are left out."""
    return "{" + str(numbers.drop_nulls().cast(pl.String).str.join(",").item() or "") + "}"


def number_lists(texts: pl.Expr) -> pl.Expr:
    """Return the lists of numbers that array literals hold."""
    return texts.str.extract_all(r"\d+").cast(pl.List(pl.Int64))


def array_text(lists: pl.Expr) -> pl.Expr:
    """Return lists of numbers as PostgreSQL array literals; null becomes the empty array."""
    joined = lists.cast(pl.List(pl.String)).list.join(",").fill_null("")
    return pl.concat_str([pl.lit("{"), joined, pl.lit("}")])
