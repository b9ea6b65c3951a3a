"""Say of a product that a channel does not show yet which drop withholds it, and until when."""

from __future__ import annotations

from pim.errors import Refused
from pim.projection import Reading


def refuse_withheld(reading: Reading, product: int) -> None:
    """Raise Refused if a drop withholds a product from the channel that a reading shows."""
    drop = reading.withheld_by(product)
    if drop is not None:
        raise Refused(
            f"The product is withheld until {drop.ends_at:%Y-%m-%d %H:%M} UTC by the drop "
            f'"{drop.code}" ({drop.label}): no feed of this channel shows it before. '
            "Ask for a later moment, or change the drop."
        )
