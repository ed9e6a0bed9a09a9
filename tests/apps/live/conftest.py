"""The same surroundings as for runs."""

from tests.apps.runs.conftest import graph, start, surroundings, worker

__all__ = ["graph", "start", "surroundings", "worker"]
