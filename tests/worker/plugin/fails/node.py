from dataclasses import dataclass

from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Fails(Node):
    """Fails, in the way that was chosen, unless a file is there."""

    title = "Fails"

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None

    class Params(Params):
        how: str = setting("node")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        if params.how == "memory":
            raise MemoryError
        if params.how == "bug":
            raise ZeroDivisionError("division by zero")
        raise NodeError("This cannot be done. Choose something else.", param="how", fix="test.nothing")
