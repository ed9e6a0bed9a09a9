"""Nodes that part rows into training, validation and test."""
