"""Management of serving."""
