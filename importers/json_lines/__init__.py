"""JSON lines: one object per line, keyed by the columns of the flat format."""

from importers.json_lines.importer import JsonLinesImporter

__all__ = ["JsonLinesImporter"]
