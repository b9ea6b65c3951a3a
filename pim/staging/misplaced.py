"""Values on a row that may not hold them."""

from __future__ import annotations

from pim.domain.violations import Violation
from pim.staging.places import Placement

LEVEL_NAMES = ("the root model", "the first variant level", "the second variant level")


def misplaced(column: str, attribute: str, place: Placement) -> Violation:
    """Warn about a value that another level or no level of the family holds."""
    family = place.family
    if family and attribute not in family.attributes:
        return Violation(
            code="not_in_family",
            path=column,
            message="{attribute} is no attribute of the family {family}; the value is left out.",
            parameters={"attribute": attribute, "family": family.code},
            mend="Add the attribute to the family, or empty the cell.",
            severity="warning",
        )
    owner = place.variant.owner(attribute) if place.variant else 0
    return Violation(
        code="wrong_level",
        path=column,
        message="{attribute} belongs to {owner}, not here; the value is left out.",
        parameters={"attribute": attribute, "owner": LEVEL_NAMES[min(owner, 2)]},
        mend="Put the value on the row that owns it, or empty the cell.",
        severity="warning",
    )
