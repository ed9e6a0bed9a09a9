import os
import time
from dataclasses import dataclass
from pathlib import Path

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class WantsGpu(Node):
    """Says which GPU it was given, in which process and when."""

    title = "Wants a GPU"
    uses_gpu = True

    class Params(Params):
        value: float = setting(0.0)
        until: str = setting("")

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        began = time.time()
        while params.until and not Path(params.until).exists():
            context.progress(0.5, "waits")
            time.sleep(0.01)
        seen = {
            "has_gpu": float(context.device.startswith("cuda")),
            "visible": float(os.environ.get("CUDA_VISIBLE_DEVICES") or -1),
            "process": float(os.getpid()),
            "began": began,
            "ended": time.time(),
        }
        return WantsGpu.Outputs(Metrics(seen))
