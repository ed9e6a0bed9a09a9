"""Deploy: a model becomes an endpoint's program."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.contract.context import RunContext
from tasks.contract.fields import Params as BaseParams
from tasks.contract.fields import setting
from tasks.contract.model import Model, Package
from tasks.contract.node import Estimate, Node
from tasks.graph.messages import Message
from tasks.inference.packaging import package


class Deploy(Node):
    """Makes the model ready to answer over HTTP.

    The whole way from a raw row to the answer is packed into one program. Rows that were kept aside go through it and
    must give what training gave; otherwise nothing is deployed and the first row that differs is shown.
    """

    title = "Deploy"
    icon = "rocket"
    keywords = ("endpoint", "api", "serve", "publish", "http", "production")
    is_cheap = True
    version = 2  # since 2 a package says how its training rows were spread

    @dataclass(frozen=True)
    class Inputs:
        model: Model

    class Params(BaseParams):
        name: str = setting(
            "", max_length=80, title="Endpoint name", description="Name in the address. Empty: the graph's name."
        )

    @dataclass(frozen=True)
    class Outputs:
        endpoint: Package

    @staticmethod
    def run(inputs: Inputs, params: Params, context: RunContext) -> Outputs:
        """Return the model as an endpoint's program."""
        return Deploy.Outputs(package(inputs.model, params.name, context))

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many rows were compared and how fast one is answered."""
        parity = outputs.endpoint.parity
        return Message(
            "deploy.result",
            "{count:,} rows answered as in training, {milliseconds:.2g} ms per row",
            one="1 row answered as in training, {milliseconds:.2g} ms per row",
            count=parity["rows"],
            milliseconds=parity["milliseconds_per_row"],
        )

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        """Return about what a conversion takes; the rows compared are few."""
        return Estimate(seconds=0.2, memory_bytes=50_000_000)
