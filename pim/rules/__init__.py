"""Rules: a condition and operations, kept with versions; who protects and who contradicts whom."""
