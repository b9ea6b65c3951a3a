"""Prices gone by, worked out from history for all products of a publication at once."""
