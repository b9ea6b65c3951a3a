"""Make web addresses of stored images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.found import replace_found
from channels.steps.parameters import param
from pim.domain.violations import Violation

_UNSAFE = r"[^A-Za-z0-9\-._~/]"


@step("image_url")
@dataclass(frozen=True, kw_only=True)
class ImageUrl(Step):
    """Make the web address of a stored image or file; of a list, of every element.

    What an address cannot hold is percent-encoded. An address that is one already stays.
    """

    accepts = frozenset({"media", "text", "list"})

    base: str | None = param(
        "What stands before the key; the feed's media address by default", None
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a missing base address."""
        if not self._base(context):
            yield Violation(
                code="mapping.no_base_url",
                path="base",
                message="There is no web address under which media are found",
                mend="Set the media address in the settings, or give this step a base",
            )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the addresses, as text or list."""
        base = self._base(context).rstrip("/") + "/"
        if cell.kind == "list":
            return cell.list(cell.expr.list.eval(_address(pl.element(), base)))
        return cell.text(_address(cell.expr, base))

    def _base(self, context: Context) -> str:
        return self.base or context.media_base_url


def _address(key: pl.Expr, base: str) -> pl.Expr:
    encoded = key.str.strip_chars_start("/").map_batches(
        lambda keys: replace_found(keys, _UNSAFE, quote),
        return_dtype=pl.String,
        is_elementwise=True,
    )
    return pl.when(key.str.contains(r"^https?://")).then(key).otherwise(pl.lit(base) + encoded)
