"""The catalogue in columns: what search, selections and feeds read."""
