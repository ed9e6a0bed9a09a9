"""Graphs, drafts, immutable versions, the catalogue and the check."""
