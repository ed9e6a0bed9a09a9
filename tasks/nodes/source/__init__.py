"""Where a graph's data come from."""

from tasks.contract.purpose import Purpose

PURPOSE = Purpose(title="Data", icon="database", order=10)
