"""Media attached by the names of files: gathered, matched with rows, written to their owners."""

from __future__ import annotations

from pim.editing.media.gathering import Gathered, gather
from pim.editing.media.lacking import Lacking, lacking
from pim.editing.media.plan import MediaReport, plan

__all__ = ["Gathered", "Lacking", "MediaReport", "gather", "lacking", "plan"]
