"""Change sets that are planned: drafts, previews, approval, and runs that keep to them."""
