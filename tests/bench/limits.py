"""What the machine itself can do at best: the same rows by COPY, the same bytes with fsync."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

BLOCK = 1 << 20


def copy_seconds(engine: Engine, scratch: Path, queries: Mapping[str, str]) -> float:
    """Return how long a COPY of these rows takes, into bare tables; {table: query of its rows}."""
    seconds = 0.0
    for table, query in queries.items():
        held = scratch / "copied"
        with engine.connect() as connection:
            driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
            _out(driver, query, held)
            driver.execute(f"CREATE TABLE bench_copy (LIKE {table})".encode())
            driver.commit()
            began = time.perf_counter()
            _in(driver, held)
            driver.commit()
            seconds += time.perf_counter() - began
            driver.execute("DROP TABLE bench_copy")
            driver.commit()
        held.unlink()
    return seconds


def _out(driver: psycopg.Connection[Any], query: str, held: Path) -> None:
    statement = f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()
    with held.open("wb") as file, driver.cursor().copy(statement) as rows:
        for block in rows:
            file.write(block)


def _in(driver: psycopg.Connection[Any], held: Path) -> None:
    statement = "COPY bench_copy FROM STDIN (FORMAT binary)"
    with held.open("rb") as file, driver.cursor().copy(statement) as rows:
        while block := file.read(BLOCK):
            rows.write(block)


def write_seconds(scratch: Path, size: int) -> float:
    """Return how long it takes to write so many bytes and force them to disk."""
    block = os.urandom(BLOCK)
    path = scratch / "written"
    began = time.perf_counter()
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            file.write(block[: min(BLOCK, size - start)])
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    path.unlink()
    return seconds


def bytes_below(folder: Path) -> int:
    """Return how many bytes the files below a folder hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
