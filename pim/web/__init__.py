"""Pages: one folder per noun. A view parses, calls one service or query, and renders."""
