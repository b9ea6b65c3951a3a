"""Campaigns from sheets: an identifier and columns in the flat format."""
