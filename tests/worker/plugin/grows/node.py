from dataclasses import dataclass

import numpy as np

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Grows(Node):
    """Asks for much memory."""

    title = "Grows"

    class Params(Params):
        gigabytes: int = setting(1)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        size = np.ones(params.gigabytes * 1024**3, dtype=np.uint8).sum()
        return Grows.Outputs(Metrics({"bytes": float(size)}))
