"""Draw the demo's products: outlines from `data/drawings`, one palette per colourway."""
