"""One JSON object per line, for machines."""

from __future__ import annotations

from exporters.json_lines.exporter import JsonLines, JsonOptions

__all__ = ["JsonLines", "JsonOptions"]
