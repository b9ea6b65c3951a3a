"""Make the context of a feed for its mapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from channels.mapping.fields import FeedFields
from channels.steps.contract import Context
from pim.domain.structure import Channel, Structure


def feed_context(  # noqa: PLR0913 - a feed has that many parts
    structure: Structure,
    *,
    channel: Channel,
    as_of: datetime,
    locale: str | None = None,
    fallback_locales: tuple[str, ...] = (),
    currency: str | None = None,
    country: str | None = None,
    media_base_url: str = "",
    lookups: Mapping[str, Mapping[str, str]] | None = None,
) -> Context:
    """Return what steps may know about a feed; `as_of` is timezone-aware."""
    fields = FeedFields(
        structure=structure,
        channel=channel,
        locale=locale,
        fallback_locales=fallback_locales,
        currency=currency,
    )
    return Context(
        structure=structure,
        channel=channel,
        as_of=as_of,
        fields=fields,
        locale=locale,
        fallback_locales=fallback_locales,
        currency=currency,
        country=country,
        media_base_url=media_base_url,
        lookups=lookups or {},
    )
