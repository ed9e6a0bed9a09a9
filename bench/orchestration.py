"""Milliseconds per node of 100 nodes that do nothing, beside raw Celery on the same Redis in the same minutes.

Ours: every state change durable in SQLite, every event kept and published, outputs stored, on one worker of two slots.
Celery: a chain, and chords of 10 one after the other, with a Redis result backend, prefork with two processes.
A chain of cheap nodes runs in one go; each node still has its state, result and events.
``--peers FOLDER``: beside them Prefect, Dask and Ray, each in an environment of its own in that folder, made when it
is not there (minutes, and a package registry). What each promises stands beside its figure: only durable ones do the
same work.
Prints medians and ratios; exits 1 when a target is missed: a chain not slower than Celery's, layers at most half, a
chain of cheap nodes less than a millisecond a node.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.worker.stack import Stack

NODES = 100
LAYER = 10
WARM_RUNS = 4  # engine processes import libraries in the background for the first seconds
FUSED_MILLISECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="measure Prefect, Dask and Ray too, in environments kept here")
    options = parser.parse_args()
    repeats = options.repeats
    folder = Path(tempfile.mkdtemp(prefix="lepton-bench-"))
    stack = Stack(folder / "data", packages="bench=bench.nodes")
    try:
        stack.start_redis()
        stack.prepare()
        stack.start_worker()
        stack.start("reconciler", "manage.py", "reconcile")
        stack.environment["LEPTON_BENCH_BROKER"] = f"redis://127.0.0.1:{stack.redis_port}/1"
        command = ("-m", "celery", "-A", "bench.peers.raw_celery", "worker", "-c", "2", "-l", "WARNING", "-O", "fair")
        stack.start("celery", *command)
        missed = _compare(stack, repeats)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    if options.peers:
        _show_others(options.peers.resolve(), repeats)
    return missed


def _show_others(environments: Path, repeats: int) -> None:
    from bench.peers.others import PEERS, measure

    for peer in PEERS:
        found = measure(peer, repeats, environments)
        if isinstance(found, str):
            print(found)
            continue
        chain_ms, layers_ms = ([s / NODES * 1000 for s in found[shape]] for shape in ("chain", "layers"))
        names = " ".join(peer.packages)
        print(f"{names}: chain of 100 {_range(chain_ms)}, 10 layers of 10 {_range(layers_ms)}; {peer.promise}")


def _compare(stack: Stack, repeats: int) -> int:
    os.environ.update(stack.environment)
    import django

    django.setup()
    import leptonweb.celery  # noqa: F401  publishes what the services enqueue
    from bench.peers import raw_celery

    shapes: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        "chain of 100": (lambda: _ours(chain()), raw_celery.run_chain),
        "10 layers of 10": (lambda: _ours(layers()), raw_celery.run_layers),
    }
    print(describe_machine())
    print(f"milliseconds per node, medians of {repeats} (best to worst), one after the other in turns")
    is_met = True
    for name, (ours, theirs) in shapes.items():
        for _ in range(WARM_RUNS):
            ours(), theirs()
        pairs = [(ours() / NODES * 1000, theirs() / NODES * 1000) for _ in range(repeats)]
        ratio = statistics.median(pair[0] for pair in pairs) / statistics.median(pair[1] for pair in pairs)
        target = 1.0 if name.startswith("chain") else 0.5
        is_met = is_met and ratio <= target
        print(f"{name}: LeptonWeb {_range(p[0] for p in pairs)}, Celery {_range(p[1] for p in pairs)}, ", end="")
        print(f"ratio {ratio:.2f} (target {target})")
    _ours(chain("cheap"))
    fused = [_ours(chain("cheap")) / NODES * 1000 for _ in range(repeats)]
    print(f"chain of 100 cheap nodes: LeptonWeb {_range(fused)} (target {FUSED_MILLISECONDS})")
    return 0 if is_met and statistics.median(fused) < FUSED_MILLISECONDS else 1


def _range(values: Any) -> str:
    listed = sorted(values)
    return f"{statistics.median(listed):.2f} ({listed[0]:.2f} to {listed[-1]:.2f})"


def _ours(document: dict[str, Any]) -> float:
    """Return the seconds from the moment the run is written to its end, as the run itself says."""
    from apps.accounts.models import Workspace
    from apps.graphs.models import Graph
    from apps.runs import services
    from apps.runs.models import Run

    workspace, _ = Workspace.objects.get_or_create(name="bench")
    graph = Graph.objects.create(workspace=workspace, name="bench")
    run = services.start(graph=graph, user=None, document=document)
    until = time.monotonic() + 120
    while Run.objects.unfinished().filter(pk=run.pk).exists():
        if time.monotonic() > until:
            raise TimeoutError("the run does not end")
        time.sleep(0.02)
    run.refresh_from_db()
    assert run.state == "done", (run.state, run.message, list(run.nodes.values_list("error", flat=True))[:3])
    assert run.finished_at is not None
    return (run.finished_at - run.created_at).total_seconds()


def chain(kind: str = "nothing") -> dict[str, Any]:
    nodes = [_node(f"n{at}", kind, salt=uuid.uuid4().hex if at == 0 else "") for at in range(NODES)]
    return {"nodes": nodes, "edges": [_wire(f"n{at}", f"n{at + 1}", 0) for at in range(NODES - 1)]}


def layers() -> dict[str, Any]:
    salt = uuid.uuid4().hex
    nodes = [_node(f"n{at}", "nothing", salt=f"{salt}{at}") for at in range(NODES)]
    edges = [
        _wire(f"n{layer * LAYER + source}", f"n{(layer + 1) * LAYER + target}", source)
        for layer in range(NODES // LAYER - 1)
        for source in range(LAYER)
        for target in range(LAYER)
    ]
    return {"nodes": nodes, "edges": edges}


def _node(ident: str, kind: str, **params: Any) -> dict[str, Any]:
    return {"id": ident, "type": f"bench.{kind}", "params": params}


def _wire(source: str, target: str, port: int) -> dict[str, Any]:
    return {"source": source, "source_port": "metrics", "target": target, "target_port": f"i{port}"}


if __name__ == "__main__":
    run_program(main)
