"""Comma-separated text, as programmes and people write it."""
