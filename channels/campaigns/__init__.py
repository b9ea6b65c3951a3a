"""What campaigns mean for feeds."""
