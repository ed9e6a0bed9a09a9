"""Nodes that make a model usable elsewhere."""
