"""The pages of products and product models."""
