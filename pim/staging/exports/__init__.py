"""Exports of every entity in the flat format: what is exported imports again as unchanged."""

from __future__ import annotations

from pim.staging.exports.products import ProductExport
from pim.staging.exports.run import ExportOptions, export

__all__ = ["ExportOptions", "ProductExport", "export"]
