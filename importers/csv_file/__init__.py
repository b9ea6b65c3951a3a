"""Comma-separated text, as programmes and people write it."""

from importers.csv_file.importer import CsvImporter

__all__ = ["CsvImporter"]
