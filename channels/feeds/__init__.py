"""Feeds: what each output is, as documents with versions."""
