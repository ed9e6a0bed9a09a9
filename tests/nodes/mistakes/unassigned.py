"""A mistake of parameters: they are declared, and the node does not say that they are its own."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node, Serving
from tasks.contract.table import Table


class ForgottenParams(Params):
    share: float = setting(1.0, ge=0, le=1, title="Share", description="How much of the rows is looked at.")


class ForgetsToAssignItsParams(Node):
    """Logs its share and leaves the table alone."""

    title = "Share"
    icon = "focus-centered"
    serve = Serving.STATELESS

    @dataclass(frozen=True)
    class Inputs:
        table: Table

    @dataclass(frozen=True)
    class Outputs:
        table: Table

    @classmethod
    def run(cls, inputs, params, context):
        context.log(f"{params.share}")
        return cls.Outputs(inputs.table)

    @staticmethod
    def infer(schemas, params, known):
        return {} if schemas["table"] is None else {"table": schemas["table"]}
