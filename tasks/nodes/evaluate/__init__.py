"""Nodes that judge a model."""
