import time
from dataclasses import dataclass

from tasks.contract.fields import Params, setting
from tasks.contract.node import Node
from tasks.contract.values import Metrics


class Hoards(Node):
    """Takes memory bit by bit in processes of its own, where no limit of the first one holds."""

    title = "Hoards"

    class Params(Params):
        megabytes: int = setting(100)
        processes: int = setting(1)

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics

    @staticmethod
    def run(inputs, params, context):
        import subprocess
        import sys

        code = f"import time; kept = bytearray(b'x') * ({params.megabytes} * 1024 ** 2); time.sleep(600)"
        started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(params.processes)]
        while any(process.poll() is None for process in started):
            context.progress(0.5, "hoards")
            time.sleep(0.05)
        return Hoards.Outputs(Metrics({"processes": float(len(started))}))
