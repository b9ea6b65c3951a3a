"""The context bar's choice: a channel and one of its locales, from the URL or as chosen before."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, session

from pim.domain.structure import Channel, Structure


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the pages show; both are None in a catalogue without channels."""

    channel: Channel | None
    locale: str | None
    channels: tuple[Channel, ...] = ()
    explicit: bool = False

    @property
    def locales(self) -> tuple[str, ...]:
        """Return the locales to choose from."""
        return self.channel.locales if self.channel else ()

    @property
    def scope(self) -> str | None:
        """Return the channel's code."""
        return self.channel.code if self.channel else None


def choose(structure: Structure) -> Chosen:
    """Return the request's channel and locale, and remember what the URL says."""
    channels = tuple(structure.channels)
    asked = request.args.get("channel") or session.get("channel")
    channel = structure.channels.get(asked) or next(iter(channels), None)
    offered = channel.locales if channel else ()
    wanted = request.args.get("locale") or session.get("locale")
    locale = wanted if wanted in offered else next(iter(offered), None)
    explicit = "channel" in request.args or "locale" in request.args
    if explicit and session.get("user"):
        session["channel"], session["locale"] = channel.code if channel else None, locale
    return Chosen(channel=channel, locale=locale, channels=channels, explicit=explicit)
