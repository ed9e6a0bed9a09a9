"""HTTP side of accounts."""
