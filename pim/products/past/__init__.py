"""Products and models as they were at a past moment, all at once."""
