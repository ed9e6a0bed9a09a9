"""Prefect: a flow whose task runs are kept by a server on SQLite (``PREFECT_API_URL``), two threads."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from shapes import measure


@task(cache_policy=NO_CACHE)
def nothing(before: Any) -> int:  # noqa: ARG001
    """Do nothing."""
    return 1


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def run(shape: Any) -> None:
    """Run a shape to its end."""
    for last in shape(lambda *before: nothing.submit(list(before))):
        last.result()


if __name__ == "__main__":
    measure(run)
