"""Values that travel on edges, kept as folders named by the hash of their content."""
