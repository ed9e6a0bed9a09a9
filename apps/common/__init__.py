"""What every application stands on: base rows, scopes, permissions, errors and jobs by name."""
