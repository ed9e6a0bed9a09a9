import time
from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics
from tests.chaos.reference import mixed


class Mixes(Node):
    """Mixes its text and its inputs into one number."""

    title = "Mixes"

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None
        b: Metrics | None
        c: Metrics | None

    class Params(Params):
        salt: str = setting("")
        seconds: float = setting(0.0)
        uses_folder: bool = setting(False)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        given = [value.values["value"] for value in (inputs.a, inputs.b, inputs.c) if value is not None]
        if params.uses_folder:
            (context.workspace_path / "half").write_text(params.salt)
        until = time.monotonic() + params.seconds
        while time.monotonic() < until:
            context.progress(1 - (until - time.monotonic()) / params.seconds, "mixing")
            context.metric("left", until - time.monotonic(), 0)
            time.sleep(0.05)
        return Mixes.Outputs(Metrics({"value": mixed(params.salt, given)}, "value"))
