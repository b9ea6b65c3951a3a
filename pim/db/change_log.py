"""Append to the change log, which projections and feeds follow.

The table is named, not imported: it belongs to the products' room, which lies above this one.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Connection, Text, cast, column, insert, literal, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, scoped_session

EVERYTHING = "*"

#: Ends the subject of changes of structure that no product publishes differently for: something
#: new that none has yet, or what only people see (an attribute's label).
UNSEEN = "-unseen"

_change_log = table(
    "change_log",
    column("change_set_id", BigInteger),
    column("subject", Text),
    column("ids", ARRAY(BigInteger)),
    column("attributes", ARRAY(Text)),
)


def append(
    session: Session | scoped_session[Session] | Connection,
    *,
    change_set_id: int | None,
    subject: str,
    ids: Iterable[int] = (),
    attributes: Iterable[str] = (),
) -> None:
    """Add one row: which things of one kind a chunk touched, and which of their attributes.

    `attributes` may be ("*",) for all. The row becomes visible with the transaction's commit, so
    readers see a change and its log entry together or not at all.
    """
    session.execute(
        insert(_change_log).values(
            change_set_id=change_set_id,
            subject=subject,
            # One text: the driver takes its time over arrays of thousands.
            ids=cast(literal("{" + ",".join(map(str, ids)) + "}", Text), ARRAY(BigInteger)),
            attributes=list(attributes),
        )
    )
