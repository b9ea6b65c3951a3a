"""The options of a YML file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exporters.contract import Options, option
from exporters.contract.options import option_problem
from pim.domain.violations import Violation

FARTHEST = 14


@dataclass(frozen=True, kw_only=True)
class YandexOptions(Options):
    """Options of a YML file."""

    offers: Literal["simplified", "vendor.model"] = option(
        "simplified", "Offers with a name, or with typePrefix, vendor and model (vendor.model)"
    )
    limits: Literal["market", "classic"] = option(
        "market", "Lengths that the Market takes today, or the shorter ones of older readers"
    )
    rouble: Literal["RUB", "RUR"] = option("RUB", "How the receiver spells the Russian rouble")
    shop_name: str = option("", "Short name of the shop; the feed's label by default")
    company: str = option("", "Name of the company; the shop's name by default")
    encoding: Literal["utf-8", "windows-1251"] = option(
        "utf-8", "Encoding; characters that windows-1251 lacks are written as references"
    )
    date: Literal["iso", "classic"] = option(
        "iso", "Date of the file: 2026-12-26T09:00:00+03:00 (iso) or 2026-12-26 09:00 (classic)"
    )
    utc_offset: int = option(3, "Hours between UTC and the clock of the file's date")
    category_separator: str = option(" > ", "What stands between the levels of a category's path")

    def problems(self) -> Iterable[Violation]:
        """Return what is wrong between the options."""
        yield from super().problems()
        if abs(self.utc_offset) > FARTHEST:
            yield option_problem("utc_offset", self.utc_offset, "Give hours from -14 to 14")
        if not self.category_separator:
            yield option_problem("category_separator", "", "Give at least one character")
