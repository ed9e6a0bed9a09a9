"""Nodes that turn columns into what a model can learn from."""
