"""Nodes that mend a table."""
