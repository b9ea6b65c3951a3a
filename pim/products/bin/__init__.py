"""The bin: what was deleted and can come back.

History keeps the whole row of what was deleted, so the bin is a view of it: the newest deletion of
each entity that is not there, until it is emptied or history's own retention removes it.
"""

from __future__ import annotations

from pim.products.bin.emptying import empty_bin
from pim.products.bin.queries import Deleted, deleted_rows, list_bin
from pim.products.bin.returning import held_values, return_entities, unreturnable

__all__ = [
    "Deleted",
    "deleted_rows",
    "empty_bin",
    "held_values",
    "list_bin",
    "return_entities",
    "unreturnable",
]
