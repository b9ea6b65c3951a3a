"""The SQLAlchemy engine as all of Polka uses it."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

#: What every session wants, beside the options that the URL brings.
SESSION = "-c timezone=UTC -c jit=off"


def create_engine(url: str, *, pool_size: int = 10, **options: Any) -> sa.Engine:
    """Return an engine on psycopg: JSON by orjson, times in UTC, connections tested before use.

    JSON takes text keys and no Decimal: numbers are stored as canonical text. `options` go to
    SQLAlchemy, for example `poolclass`.
    """
    if "poolclass" not in options:
        options |= {"pool_size": pool_size, "max_overflow": 2 * pool_size}
    parsed = sa.make_url(url)
    theirs = parsed.query.get("options", "")
    return sa.create_engine(
        parsed,
        pool_pre_ping=True,
        json_serializer=_dump,
        json_deserializer=orjson.loads,
        connect_args={"application_name": "polka", "options": f"{theirs} {SESSION}".strip()},
        **options,
    )


def _dump(document: Any) -> str:
    return orjson.dumps(document).decode()
