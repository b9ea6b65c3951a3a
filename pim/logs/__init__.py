"""Logs: one chain for our own lines and for those of every library, with secrets taken out."""

from __future__ import annotations

from pim.logs.context import bind, bound
from pim.logs.setup import configure, reset, settings_of

__all__ = ["bind", "bound", "configure", "reset", "settings_of"]

reset()
