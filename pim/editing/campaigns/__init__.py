"""Campaigns as people work with them: saved with their products, conflicts, what-if."""
