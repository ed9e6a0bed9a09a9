"""Nodes that mend a table."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Clean", icon="wand", order=20)
