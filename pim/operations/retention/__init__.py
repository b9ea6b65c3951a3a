"""Retention: what is removed when it is old, and what is kept whatever its age."""

from __future__ import annotations

from pim.operations.retention.history import LEAST_HISTORY, Pruned, prune_history
from pim.operations.retention.log import prune_log
from pim.operations.retention.policy import keep_house
from pim.operations.retention.runs import LEAST_RUNS, prune_runs

__all__ = [
    "LEAST_HISTORY",
    "LEAST_RUNS",
    "Pruned",
    "keep_house",
    "prune_history",
    "prune_log",
    "prune_runs",
]
