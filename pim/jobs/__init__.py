"""Jobs: what the queue carries out, and the workers that do it."""
