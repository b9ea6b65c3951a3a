"""What larger catalogues would take, reckoned from how time and memory grew in the same run.

Two sizes give a line: a fixed part and a part for each product, which goes on at larger sizes.
Where time grew faster than the size, it goes on with the power by which it grew. Nothing here is
measured beyond the size of the run, and all of it is for one machine like the measured one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Document = Mapping[str, Any]

SIZES: Final = (1_000_000, 10_000_000, 100_000_000)
_SHOWN: Final = ("1 million", "10 million", "100 million")
_MINUTE: Final = 60.0
_HOUR: Final = 3_600.0


def foreseen(document: Document) -> tuple[Sequence[str], Iterator[Sequence[str]]]:
    """Return header and rows: each step at a tenth, at the whole, and at larger sizes."""
    size, tenth = document["size"], document["tenth"]
    small = {row["name"]: row for row in tenth["rows"] if not row["error"]}
    header = ("Step", f"{tenth['size']:,}", f"{size:,}", "Power", *_SHOWN, "Peak, MB")
    rows = (
        _row(row, small[row["name"]], size)
        for row in document["rows"]
        if row["name"] in small and not row["error"]
    )
    return header, rows


def _row(row: Document, small: Document, size: int) -> Sequence[str]:
    seconds = small["seconds"], row["seconds"]
    power = exponent(*seconds)
    later = [shown_time(reckoned(*seconds, each / size)) for each in SIZES]
    return (
        row["name"], shown_time(small["seconds"]), shown_time(row["seconds"]), f"{power:.2f}",
        *later, f"{small['peak_mb']:,} to {row['peak_mb']:,}",
    )  # fmt: skip


def reckoned(small: float, large: float, times: float) -> float:
    """Return what `times` the size takes, from a tenth and the whole; never less than the whole."""
    if large > 10 * small:
        return float(large * times ** exponent(small, large))
    per_size = max(0.0, large - small) / 0.9
    return large + per_size * (times - 1)


def exponent(small: float, large: float) -> float:
    """Return the power of the size by which something grew from a tenth; never below 0."""
    return max(0.0, math.log10(large / small)) if small > 0 and large > 0 else 0.0


def stored(document: Document) -> tuple[Sequence[str], Iterator[Sequence[str]]]:
    """Return header and rows: bytes a product by what holds them, and at larger sizes."""
    sizes, size = document["sizes"], document["size"]
    parts = {
        "products, with free space and indexes": sizes["product"] + sizes["unique_value"],
        "models": sizes["product_model"],
        f"history, {sizes['history_entries'] / size:.1f} entries a product": sizes["history"],
        "whole database": sizes["database"],
        "projection": sizes["projection"],
        f"files of {document['feeds']} feeds": sizes["feeds"],
    }
    header = ("What", "Bytes a product", f"{size:,}", *_SHOWN)
    return header, (
        (name, f"{held / size:,.0f}", *(shown_size(held / size * n) for n in (size, *SIZES)))
        for name, held in parts.items()
    )


def shown_time(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 1:
        return f"{seconds * 1000:,.0f} ms"
    if seconds < 2 * _MINUTE:
        return f"{seconds:,.1f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:,.0f} min"
    return f"{seconds / _HOUR:,.0f} h"


def shown_size(size: float) -> str:
    """Return a number of bytes as people say it."""
    for unit, name in ((1e12, "TB"), (1e9, "GB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 1e6:,.0f} MB"
