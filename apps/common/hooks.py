"""Hooks: the one way in which an application has functions of those above it called, which it may not import.

Every hook is declared here. An application connects its functions in `AppConfig.ready` and nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Generic, ParamSpec, TypeVar

from prometheus_client.core import Metric

from apps.common.past_duration import PastDuration
from tasks.graph.document import Document

P = ParamSpec("P")
R = TypeVar("R")


class Hook(Generic[P, R]):
    """Functions that are called one after another, in the order in which they were connected."""

    def __init__(self) -> None:
        self._receivers: list[Callable[P, R]] = []

    @property
    def receivers(self) -> tuple[Callable[P, R], ...]:
        """The connected functions."""
        return tuple(self._receivers)

    def connect(self, receiver: Callable[P, R]) -> None:
        """Have a function called from now on; connecting it again changes nothing."""
        if receiver not in self._receivers:
            self._receivers.append(receiver)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Call every function and return what each returned."""
        return [receiver(*args, **kwargs) for receiver in self._receivers]


periodic: Hook[[], object] = Hook()
"""Called by the reconciler every few seconds. A function must be quick, and harmless when run twice at once."""

web_periodic: Hook[[], object] = Hook()
"""Called by every web process now and then, for what lies on its disk. Harmless when run twice at once."""

on_artifacts_released: Hook[[], object] = Hook()
"""Called inside every transaction that deletes rows which may have referred to stored artifacts."""

collect_metrics: Hook[[], Iterable[Metric]] = Hook()
"""Called whenever ``/metrics`` is read. The queries must be cheap."""

has_gpu: Hook[[], bool] = Hook()
"""Returns whether a worker with a GPU is alive."""

reusable_fingerprints: Hook[[uuid.UUID, Collection[str]], Collection[str]] = Hook()
"""Asks which of these fingerprints have a stored result in a workspace."""

frozen_fingerprints: Hook[[uuid.UUID, Document], Mapping[str, str]] = Hook()
"""Asks for the fingerprint of the result that each frozen node of a graph keeps; nodes that never ran are left out."""

past_seconds: Hook[[uuid.UUID, Document], Mapping[str, PastDuration]] = Hook()
"""Returns how long nodes of a graph took with the parameters they have, without nodes that never ran with them."""

past_peaks: Hook[[uuid.UUID, Document], Mapping[str, int]] = Hook()
"""Returns the most bytes that nodes of a graph needed with the parameters they have, without those nobody measured."""

typical_seconds: Hook[[uuid.UUID, Collection[str]], Mapping[str, PastDuration]] = Hook()
"""Returns the typical duration of nodes of these types in a workspace, without types that never ran."""

parallel_nodes: Hook[[], int] = Hook()
"""Returns how many nodes the machines run at once, at least 1."""
