"""Alembic's entry: run the revisions on the connection that `pim.db.migrate` hands over."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from alembic import context

from pim.db.base import Base

#: Importing a room's models registers its tables.
MODELS = (
    "channels.models",
    "pim.access.models",
    "pim.campaigns.models",
    "pim.db.runs",
    "pim.editing.change_sets.models",
    "pim.products.models",
    "pim.rules.models",
    "pim.staging.models",
    "pim.structure.models",
)


def is_ours(_: Any, name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
    """Leave the queue's own tables out of comparisons; their schema is the library's."""
    return not (reflected and counterpart is None and (name or "").startswith("procrastinate_"))


for module in MODELS:
    import_module(module)
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
