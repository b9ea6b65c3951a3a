"""Readings with the running campaigns laid over them, for one channel at one moment.

Campaigns write nothing: what a column shows under them is worked out when the column is asked for,
on the products that they choose. So their start and their end need nobody to do anything, and what
a product holds in the base shows through at once.
"""

from __future__ import annotations

from pim.projection.effective.reading import Effective, effective

__all__ = ["Effective", "effective"]
