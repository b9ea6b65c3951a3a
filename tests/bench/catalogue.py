"""A catalogue of any size: the demo's, copied with codes and EANs of its own."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pim.demo import build

#: Copies show no pictures: what is measured is values, not the copying of files.
MEDIA = ("picture", "additional_pictures", "certificate_pdf")
FIRST_EAN = 290_000_000_000


def write(folder: Path, *, size: int) -> int:
    """Write flat files with about `size` products; return how many there are."""
    build.write(folder)
    products = _read(folder / "products.csv")
    models = _read(folder / "product_models.csv")
    copies = max(1, round(size / products.height))
    grown = pl.concat([_copy(products, "sku", n) for n in range(copies)])
    grown = grown.with_columns(ean=_eans(grown.height))
    _write(folder / "products.csv", grown)
    _write(
        folder / "product_models.csv", pl.concat([_copy(models, "code", n) for n in range(copies)])
    )
    return grown.height


def _copy(rows: pl.DataFrame, key: str, number: int) -> pl.DataFrame:
    """Return the rows under other codes; the first copy is the original."""
    if number == 0:
        return rows
    media = [pl.lit(None, pl.String).alias(name) for name in MEDIA if name in rows.columns]
    return rows.with_columns(pl.col(key, "parent") + f"-{number}", *media)


def _eans(count: int) -> pl.Series:
    """Return EAN-13 codes with check digits, none twice."""
    numbers = pl.int_range(FIRST_EAN, FIRST_EAN + count, eager=True)
    digits = [(numbers // 10**place) % 10 * (3 if place % 2 == 0 else 1) for place in range(12)]
    check = (10 - sum(digits[1:], digits[0]) % 10) % 10
    return (numbers * 10 + check).cast(pl.String)


def _read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator=";", infer_schema=False)


def _write(path: Path, rows: pl.DataFrame) -> None:
    rows.write_csv(path, separator=";")
