"""HTTP interface of serving."""
