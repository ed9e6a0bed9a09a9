"""Live events of runs."""
