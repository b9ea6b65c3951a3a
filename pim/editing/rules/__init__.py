"""Rules carried out: on demand, by schedules, after imports and with saves."""
