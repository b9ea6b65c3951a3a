"""Workbooks with any columns, for people who work in spreadsheets."""

from __future__ import annotations

from exporters.xlsx_sheet.exporter import XlsxSheet
from exporters.xlsx_sheet.options import XlsxOptions

__all__ = ["XlsxOptions", "XlsxSheet"]
