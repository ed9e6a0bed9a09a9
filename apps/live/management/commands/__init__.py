"""Management commands of live events."""
