"""Shopify's product CSV: products, their variants and pictures, row by row."""

from __future__ import annotations

from exporters.shopify.exporter import Shopify
from exporters.shopify.options import ShopifyOptions

__all__ = ["Shopify", "ShopifyOptions"]
