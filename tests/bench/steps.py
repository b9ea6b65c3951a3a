"""All steps by their names, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from tests.bench import catalogue, edits, lists, pages, past, projecting, publishing, seasons
from tests.bench.step import Step

STEPS: Final[dict[str, Step]] = {
    **catalogue.STEPS,
    **projecting.STEPS,
    **edits.BEFORE,
    **projecting.AFTER_BULK,
    **past.STEPS,
    **edits.AFTER,
    **lists.STEPS,
    **publishing.STEPS,
    **seasons.STEPS,
    **pages.STEPS,
}
