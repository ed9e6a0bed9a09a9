from dataclasses import dataclass

from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Refuses(Node):
    """Fails because of what was drawn: never tried again."""

    title = "Refuses"

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None

    class Params(Params):
        salt: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        raise NodeError("This cannot be done. Choose something else.", param="salt")
