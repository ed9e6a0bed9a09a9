"""Nodes that make a model usable elsewhere."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Publish", icon="rocket", order=80)
