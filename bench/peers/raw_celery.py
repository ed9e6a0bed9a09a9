"""Raw Celery for comparison: tasks that do nothing, in a chain and in chords."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery, chain, chord, group

BROKER = os.environ.get("LEPTON_BENCH_BROKER", "redis://127.0.0.1:6379/1")

# Not the current application: what our own services send must go to our own worker.
app = Celery("raw", broker=BROKER, backend=BROKER, set_as_current=False)
app.conf.update(worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True, task_default_queue="raw")


@app.task
def nothing(*_: Any) -> int:
    """Do nothing."""
    return 1


def run_chain(nodes: int = 100) -> float:
    """Return the seconds a chain takes."""
    started = time.perf_counter()
    chain(*[nothing.si() for _ in range(nodes)]).apply_async().get(timeout=120, interval=0.005)
    return time.perf_counter() - started


def run_layers(layers: int = 10, width: int = 10) -> float:
    """Return the seconds that layers take, each waiting for the whole one before, as chords do it."""
    started = time.perf_counter()
    flow = chain(*[chord(group(nothing.si() for _ in range(width)), nothing.si()) for _ in range(layers)])
    flow.apply_async().get(timeout=120, interval=0.005)
    return time.perf_counter() - started
