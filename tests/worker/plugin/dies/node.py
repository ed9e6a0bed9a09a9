import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Dies(Node):
    """Kills its own process as often as asked: one mark in a folder for each death."""

    title = "Dies"

    class Params(Params):
        folder: str = setting("")
        times: int = setting(1)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        marks = list(Path(params.folder).iterdir())
        if len(marks) < params.times:
            (Path(params.folder) / f"death-{len(marks)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Dies.Outputs(Metrics({"deaths": float(len(marks))}, "deaths"))
