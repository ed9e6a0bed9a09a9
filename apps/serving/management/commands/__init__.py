"""Management commands of serving."""
