"""A node that does nothing and says so, to measure chains that run in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.contract.context import RunContext
from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Cheap(Node):
    """Does nothing."""

    title = "Cheap"
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        """One open end."""

        i0: Metrics | None

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
        return Cheap.Outputs(Metrics({"value": 1.0}))
