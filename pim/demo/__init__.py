"""The demo catalogue: an invented shoe retailer's, built from words and numbers of our own."""
