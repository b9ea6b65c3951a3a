"""Campaigns: seasonal, effective-dated overlays of values, as documents with versions."""
