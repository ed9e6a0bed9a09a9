"""HTTP interface of the registry."""
