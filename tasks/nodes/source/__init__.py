"""Where a graph's data come from."""
