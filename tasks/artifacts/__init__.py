"""Values that travel on edges, stored as folders named by the hash of their content."""
