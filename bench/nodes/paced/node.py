"""A node that takes a given time and says how far it is, to make a run of a steady pace."""

import time
from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Paced(Node):
    """Takes its time, and says at every tenth of a second how far it is."""

    title = "Paced"

    class Params(Params):
        seconds: float = setting(0.5)
        salt: str = setting("")

    @dataclass(frozen=True)
    class Inputs:
        before: Metrics | None
        beside: Metrics | None

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):  # noqa: ARG004, D102
        began = time.monotonic()
        while (gone := time.monotonic() - began) < params.seconds:
            context.progress(gone / params.seconds, f"{gone:.1f} s")
            context.metric("pace", gone, gone)
            time.sleep(0.1)
        return Paced.Outputs(Metrics({"seconds": float(params.seconds)}, "seconds"))
