"""The catalogue in columns: what searches, selections, counts and feeds read."""

from __future__ import annotations

from pim.projection.projection import Projection
from pim.projection.reading import Page, Reading

__all__ = ["Page", "Projection", "Reading"]
