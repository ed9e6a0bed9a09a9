"""Nodes that part rows into training, validation and test."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Split", icon="arrows-split", order=40)
