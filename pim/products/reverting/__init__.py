"""The parts of an undo: cells put back, deleted entities brought back, created ones taken away."""
