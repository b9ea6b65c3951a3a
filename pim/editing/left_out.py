"""Why rows that were chosen are left out: the count that was promised stays, and nobody wonders."""

from __future__ import annotations

from typing import Final

from pim.domain.violations import Violation

GONE: Final = "gone"
NO_LONGER: Final = "no_longer_matches"
MOVED_ON: Final = "moved_on"


def why(reason: str) -> Violation:
    """Return why a row that was chosen is left out."""
    message, mend = _REASONS[reason]
    return Violation(code=reason, path="", message=message, mend=mend, severity="warning")


_REASONS: Final = {
    GONE: (
        "It was chosen, and deleted before its turn came; it is left out.",
        "Bring it back from the bin if it is still wanted, and edit it then.",
    ),
    NO_LONGER: (
        "It was chosen, and no longer met the condition when its turn came; it is left out.",
        "Look at what changed it meanwhile; choose it by its identifier to edit it all the same.",
    ),
    MOVED_ON: (
        "It was changed after the preview, and would become other than was shown; it is left out.",
        "Preview the rest once more, and look at what would be written now.",
    ),
}
