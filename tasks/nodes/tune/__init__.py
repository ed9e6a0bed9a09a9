"""Nodes that search for a better model."""
