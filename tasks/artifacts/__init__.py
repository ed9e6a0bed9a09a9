"""Values that travel on wires, kept as folders named by the hash of their content."""
