"""The options of a Shopify product CSV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exporters.contract import Options, option
from exporters.contract.options import option_problem
from pim.domain.violations import Violation

MOST_VARIANTS = 2048


@dataclass(frozen=True, kw_only=True)
class ShopifyOptions(Options):
    """Options of a Shopify product CSV."""

    template: Literal["current", "classic"] = option(
        "current", "Column names: Title, URL handle, ... (current) or Handle, Title, ... (classic)"
    )
    reader: Literal["admin", "app"] = option(
        "admin", "Who reads it: Shopify's own import, which takes 15 MB, or an app without a limit"
    )
    max_variants: int = option(MOST_VARIANTS, "Variants that a product may have; 100 in old shops")

    def problems(self) -> Iterable[Violation]:
        """Return what is wrong between the options."""
        yield from super().problems()
        if not 1 <= self.max_variants <= MOST_VARIANTS:
            yield option_problem("max_variants", self.max_variants, "Give a number from 1 to 2048")
