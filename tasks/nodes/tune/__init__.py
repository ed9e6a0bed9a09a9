"""Nodes that search for a better model."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Tune", icon="adjustments", order=60)
