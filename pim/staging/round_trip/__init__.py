"""Sheets that go out, are edited and come back: merged with what others changed meanwhile."""
