"""A node that says points at a steady rate."""

import time
from dataclasses import dataclass
from pathlib import Path

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Pulses(Node):
    """Says points at a steady rate; the value of each is the moment it was said."""

    title = "Pulses"

    class Params(Params):
        points: int = setting(1000)
        per_second: float = setting(100.0)
        begins_with: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):  # noqa: ARG004, D102
        while not Path(params.begins_with).exists():
            time.sleep(0.01)
        began = time.monotonic()
        for step in range(params.points):
            time.sleep(max(began + step / params.per_second - time.monotonic(), 0))
            context.metric("pulse", time.time(), step)
        return Pulses.Outputs(Metrics({"points": float(params.points)}, "points"))
