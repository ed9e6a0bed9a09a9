"""Nodes that judge a model."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Evaluate", icon="report-analytics", order=70)
