"""The pages of feeds and their publications."""
