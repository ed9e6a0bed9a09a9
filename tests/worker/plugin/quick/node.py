import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Quick(Node):
    """Adds one to what comes in; may wait for a file, fail, or kill its process once."""

    title = "Quick"
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None
        b: Metrics | None

    class Params(Params):
        value: float = setting(0.0)
        until: str = setting("")
        mark: str = setting("")
        is_bad: bool = setting(default=False)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        if params.mark and not Path(params.mark).exists():
            Path(params.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if params.is_bad:
            raise NodeError("This cannot be done.")
        context.log("quick")
        while params.until and not Path(params.until).exists():
            context.progress(0.5, "waits")
            time.sleep(0.01)
        before = sum(given.values.get("value", 0.0) for given in (inputs.a, inputs.b) if given is not None)
        return Quick.Outputs(Metrics({"value": before + params.value + 1.0}, "value"))
