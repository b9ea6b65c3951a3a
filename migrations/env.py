"""Alembic's entry: run the revisions on the connection that `pim.db.migrate` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

import channels.models  # noqa: F401 - importing a room's models registers its tables
import pim.access.models
import pim.db.runs
import pim.products.models
import pim.staging.models
import pim.structure.models
from pim.db.base import Base


def is_ours(_: Any, name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
    """Leave the queue's own tables out of comparisons; their schema is the library's."""
    return not (reflected and counterpart is None and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=is_ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
