"""Google Merchant Center: product data as RSS 2.0 or tab-separated text."""

from __future__ import annotations

from exporters.google_merchant.exporter import GoogleMerchant, GoogleOptions

__all__ = ["GoogleMerchant", "GoogleOptions"]
