"""Bulk rows in and out of PostgreSQL by COPY, as Polars frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
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
    with raw_connection(session).cursor().copy(statement) as copy:
        copy.write(frame.write_csv(include_header=False, quote_style="non_numeric").encode())
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


def copy_out(session: Session, query: str, parameters: Sequence[Any] = ()) -> Iterator[bytes]:
    """Stream the rows of a query as CSV with a header, in blocks of bytes."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with raw_connection(session).cursor().copy(statement, parameters or None) as copy:
        for block in copy:
            yield bytes(block)


def array_text(lists: pl.Expr) -> pl.Expr:
    """Return lists of numbers as PostgreSQL array literals; null becomes the empty array."""
    joined = lists.cast(pl.List(pl.String)).list.join(",").fill_null("")
    return pl.concat_str([pl.lit("{"), joined, pl.lit("}")])
