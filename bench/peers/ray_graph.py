"""Ray: two processor slots, the state in memory only."""

from __future__ import annotations

from typing import Any

import ray
from shapes import measure


@ray.remote
def nothing(*_: Any) -> int:
    """Do nothing."""
    return 1


def main() -> None:
    """Measure."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    measure(lambda shape: ray.get(shape(nothing.remote)))
    ray.shutdown()


if __name__ == "__main__":
    main()
