"""Runs of graphs and what they made."""
