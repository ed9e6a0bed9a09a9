"""Nodes that compare columns with each other."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Ratios", icon="percentage", order=35)
