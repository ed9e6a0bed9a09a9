"""What earlier runs tell about a graph that is only drawn. Runs lie above graphs, so they register how to tell."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Protocol

from tasks.graph.document import Document


class RunHistory(Protocol):
    """Answers from earlier runs."""

    def reusable(self, workspace_id: uuid.UUID, fingerprints: Collection[str]) -> Collection[str]:
        """Return those fingerprints whose results are kept."""
        ...

    def kept(self, graph_id: uuid.UUID, document: Document) -> Mapping[str, str]:
        """Return the fingerprint of the result that each frozen node keeps; nodes that never ran are left out."""
        ...

    def typical_seconds(self, workspace_id: uuid.UUID, types: Collection[str]) -> Mapping[str, float]:
        """Return how long nodes of these types took lately; types that never ran are left out."""
        ...


class NoHistory:
    """Before anything ran."""

    def reusable(self, workspace_id: uuid.UUID, fingerprints: Collection[str]) -> Collection[str]:  # noqa: ARG002
        """Return nothing."""
        return ()

    def kept(self, graph_id: uuid.UUID, document: Document) -> Mapping[str, str]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def typical_seconds(self, workspace_id: uuid.UUID, types: Collection[str]) -> Mapping[str, float]:  # noqa: ARG002
        """Return nothing."""
        return {}


_registered: list[RunHistory] = [NoHistory()]


def register(history: RunHistory) -> None:
    """Let ``history`` answer from now on."""
    _registered[:] = [history]


def run_history() -> RunHistory:
    """Return who answers."""
    return _registered[0]
