"""HTTP side of graphs."""
