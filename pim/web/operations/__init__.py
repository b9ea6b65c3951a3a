"""What monitors ask: health, readiness, figures."""
