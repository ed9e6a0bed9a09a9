"""Nodes that learn."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Models", icon="brain", order=50)
