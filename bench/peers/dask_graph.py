"""Dask distributed: two worker processes, the scheduler's state in memory only."""

from __future__ import annotations

from typing import Any

from distributed import Client, LocalCluster
from shapes import measure


def nothing(*_: Any) -> int:
    """Do nothing."""
    return 1


def main() -> None:
    """Measure."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:

        def run(shape: Any) -> None:
            client.gather(shape(lambda *before: client.submit(nothing, *before, pure=False)))

        measure(run)


if __name__ == "__main__":
    main()
