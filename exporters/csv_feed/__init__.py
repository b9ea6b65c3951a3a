"""Separated text with any columns, for partners, storefronts and spreadsheets."""

from __future__ import annotations

from exporters.csv_feed.exporter import CsvFeed
from exporters.csv_feed.options import CsvOptions

__all__ = ["CsvFeed", "CsvOptions"]
