"""The overview and the checks of health."""
