"""Nodes that turn columns into what a model can learn from."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Features", icon="math-function", order=30)
