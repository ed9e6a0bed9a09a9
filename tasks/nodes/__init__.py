"""The nodes: one file, one node; the path is the id."""
