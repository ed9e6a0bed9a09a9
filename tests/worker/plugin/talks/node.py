import sys
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Talks(Node):
    """Says many things, then waits for a file if one is named."""

    title = "Talks"

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None

    class Params(Params):
        points: int = setting(100)
        until: str = setting("")
        pause_seconds: float = setting(0.0)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        sys.stdout.write("a library prints into standard output\n")
        for step in range(params.points):
            context.metric("loss", 1.0 / (step + 1), step)
            sleep(params.pause_seconds)
        context.log("halfway")
        context.progress(0.5, "talked")
        while params.until and not Path(params.until).exists():
            context.progress(0.6, "waits")
            sleep(0.01)
        return Talks.Outputs(Metrics({"points": float(params.points)}, "points"))
