"""Publications: a feed's way from the projection to files that readers only ever see whole."""
