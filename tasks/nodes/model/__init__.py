"""Nodes that learn."""
