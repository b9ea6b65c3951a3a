"""Drops: products that channels do not show before a moment, kept as campaigns that withhold them.

So versions, frozen or live selections, deltas at the moment and readings of other moments are
those of campaigns. What runs is the embargo: from ever to just before the drop's moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import RAISE, Schema, fields, validate

from pim.campaigns.definition import Definition, read_parts
from pim.campaigns.models import CampaignVersion
from pim.campaigns.running import WITHHOLD
from pim.campaigns.schemas import CODE, COLOR
from pim.domain.structure import Structure
from pim.domain.violations import Violation

#: What embargoes begin with: before any campaign.
EVER: Final = datetime(1900, 1, 1, tzinfo=UTC)
GUIDE: Final = "docs/guides/seasons.md"
_AT: Final = "at"


class DropSchema(Schema):
    """A drop. `at` is what the clocks of `time_zone` show when its products may be seen."""

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    code = fields.String(required=True, validate=CODE)
    label = fields.String(load_default="", validate=validate.Length(max=255))
    color = fields.String(load_default=None, allow_none=True, validate=COLOR)
    at = fields.String(required=True)
    time_zone = fields.String(required=True, validate=validate.Length(min=1))
    fold = fields.Raw(load_default=None, allow_none=True)
    channels = fields.List(fields.String(), load_default=list)
    where = fields.Dict(required=True)
    live = fields.Boolean(load_default=True, truthy={True}, falsy={False})


def read_drop(document: Any, structure: Structure) -> tuple[Definition | None, list[Violation]]:
    """Return the campaign that a drop's document means, None with every problem."""
    parts = read_parts(document, structure, schema=DropSchema(), when=(_AT,), guide=GUIDE)
    if parts.violations:
        return None, parts.violations
    shape = parts.shape
    label = shape["label"] or shape["code"]
    at, fold = parts.interval.texts[_AT], _fold(shape["fold"])
    canonical = {
        "code": shape["code"],
        "label": label,
        "color": shape["color"],
        "starts_at": f"{EVER:%Y-%m-%dT%H:%M}",
        "ends_at": at,
        "time_zone": parts.interval.zone.key if parts.interval.zone else shape["time_zone"],
        **({"fold": {"ends_at": fold}} if fold else {}),
        "channels": parts.channels,
        "locales": [],
        "where": shape["where"],
        "live": shape["live"],
        "do": [{"type": WITHHOLD}],
        "priority": 0,
    }
    return Definition(
        code=shape["code"],
        label=label,
        starts_at=EVER,
        ends_at=parts.interval.instants[_AT],
        channels=tuple(parts.channels),
        locales=(),
        priority=0,
        where=parts.where,
        live=shape["live"],
        overlays=(),
        document=canonical,
    ), []


def is_drop(document: Mapping[str, Any]) -> bool:
    """Tell whether a campaign's document is that of a drop."""
    return any(operation.get("type") == WITHHOLD for operation in document.get("do", ()))


def drop_document(version: CampaignVersion) -> dict[str, Any]:
    """Return the document of a drop, which can be changed and applied again."""
    known = version.document
    fold = _fold(known.get("fold"))
    return {
        **{name: known[name] for name in ("code", "label", "color")},
        _AT: known["ends_at"],
        "time_zone": known["time_zone"],
        **({"fold": fold} if fold else {}),
        **{name: known[name] for name in ("channels", "where", "live")},
    }


def _fold(given: Any) -> Any:
    """Return which of two equal times is meant."""
    return next(iter(given.values()), None) if isinstance(given, Mapping) else given
