from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Nothing(Node):
    """Gives the same number every time."""

    title = "Nothing"

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None
        b: Metrics | None

    class Params(Params):
        value: float = setting(1.0)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        return Nothing.Outputs(Metrics({"value": params.value}, "value"))
