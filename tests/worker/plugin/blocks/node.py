import re
from dataclasses import dataclass
from pathlib import Path

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Blocks(Node):
    """Never comes back from C code that holds the interpreter."""

    title = "Blocks"

    class Params(Params):
        started: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        if params.started:
            Path(params.started).touch()
        re.match(r"(a+)+$", "a" * 64 + "b")
        return Blocks.Outputs(Metrics({}))
