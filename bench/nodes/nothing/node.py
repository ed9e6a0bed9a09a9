"""A node that does nothing, to measure what everything around a node costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.contract.context import RunContext
from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Nothing(Node):
    """Does nothing, ten times if asked."""

    title = "Nothing"

    @dataclass(frozen=True)
    class Inputs:
        """Ten open ends."""

        i0: Metrics | None
        i1: Metrics | None
        i2: Metrics | None
        i3: Metrics | None
        i4: Metrics | None
        i5: Metrics | None
        i6: Metrics | None
        i7: Metrics | None
        i8: Metrics | None
        i9: Metrics | None

    class Params(Params):
        """Something that makes a run different from the last."""

        salt: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        """One number."""

        metrics: Metrics

    @staticmethod
    def run(inputs: Any, params: Any, context: RunContext) -> Any:  # noqa: ARG004
        """Return the same number every time."""
        return Nothing.Outputs(Metrics({"value": 1.0}))
