from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics
from tests.chaos.reference import mixed


class Quickly(Node):
    """Mixes without taking time, so that chains of it are run in one go."""

    title = "Quickly"
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        a: Metrics | None
        b: Metrics | None
        c: Metrics | None

    class Params(Params):
        salt: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        given = [value.values["value"] for value in (inputs.a, inputs.b, inputs.c) if value is not None]
        return Quickly.Outputs(Metrics({"value": mixed(params.salt, given)}, "value"))
