"""How far the announced time of a run is from the time it takes: random graphs, each announced and then run.

Tables of random size, learners with random parameters, an evaluation, now and then a search with a time limit. The
first runs teach the installation how fast the machine is and are not counted. Prints a line per run: the announced
seconds, the seconds taken and their ratio. The exit code is 1 when less than 9 of 10 are within a factor of 1.5.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.first_answer import finished
from bench.machine import describe_machine
from bench.program import run_program
from tests.stack import Api, Stack, stack_environment, wait_for

FACTOR, SHARE = 1.5, 0.9
LEARNERS = ("model.linear", "model.forest", "model.boosting", "model.neural")


def random_csv(random: np.random.Generator) -> bytes:
    """Return 500 to 20,000 rows of 4 to 40 columns, of which the first three say something about the target."""
    rows, columns = int(np.exp(random.uniform(np.log(500), np.log(20_000)))), int(random.integers(4, 41))
    values = random.normal(size=(rows, columns))
    target = values[:, 0] + values[:, 1] * values[:, 2] + random.normal(0, 0.5, rows)
    text = io.StringIO()
    header = ",".join([*(f"c{at}" for at in range(columns)), "y"])
    np.savetxt(text, np.column_stack((values, target)), fmt="%.6f", delimiter=",", header=header, comments="")
    return text.getvalue().encode()


def random_params(random: np.random.Generator, learner: str) -> dict[str, Any]:
    """Return parameters that decide how long it takes."""
    if learner in {"model.forest", "model.boosting"}:
        return {"n_estimators": int(random.integers(50, 401))}
    return {"epochs": int(random.integers(5, 31))} if learner == "model.neural" else {}


def random_graph(random: np.random.Generator, dataset: str, learner: str) -> dict[str, Any]:
    """Return a graph that splits a data set, trains, perhaps searches, and evaluates."""
    nodes = [
        ("source", "source.file", {"dataset": dataset, "target": "y"}),
        ("split", "split.split", {"method": "random", "test_size": 0.2}),
        ("model", learner, random_params(random, learner)),
    ]
    edges = [("source", "split", "table"), ("split", "model", "table")]
    last = "model"
    if random.random() < 0.3:
        nodes.append(("tune", "tune.tune", {"timeout": int(random.integers(5, 16)), "n_trials": 1000}))
        edges.append(("model", "tune", "model"))
        last = "tune"
    nodes.append(("evaluate", "evaluate.evaluate", {}))
    edges.append((last, "evaluate", "model"))
    return {
        "nodes": [{"id": ident, "type": kind, "params": params} for ident, kind, params in nodes],
        "edges": [{"source": a, "source_port": p, "target": b, "target_port": p} for a, b, p in edges],
    }


def measured(api: Api, random: np.random.Generator, runs: int) -> Iterator[tuple[str, float, float]]:
    """Run random graphs; yield what each is, its announced seconds and the seconds it took."""
    for number in range(runs):
        content = random_csv(random)
        dataset = api.upload("/datasets/", f"table {number}.csv", content)["id"]
        wait_for("the data set", lambda dataset=dataset: api.get(f"/datasets/{dataset}/")["status"] == "ready")
        document = random_graph(random, dataset, LEARNERS[number % len(LEARNERS)])
        graph = api.post("/graphs/", {"name": f"graph {number}", "document": document})["id"]
        checked = api.post(f"/graphs/{graph}/check/", {})
        assert checked["plan"]["nodes"], checked["problems"]
        run = finished(api, api.post(f"/graphs/{graph}/runs/", {})["id"])
        begun, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
        kinds = ", ".join(node["type"] for node in document["nodes"][2:-1])
        yield f"{len(content) / 1e6:5.1f} MB  {kinds}", checked["plan"]["seconds"], (ended - begun).total_seconds()


def main() -> int:
    """Print the ratios; return 1 when too many are off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=8, help="runs that only teach")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(describe_machine())
    within = 0
    with tempfile.TemporaryDirectory() as folder, Stack(stack_environment(Path(folder))) as stack:
        runs = measured(stack.signed_in(), np.random.default_rng(asked.seed), asked.first + asked.runs)
        for number, (what, announced, taken) in enumerate(runs):
            ratio = announced / taken
            is_counted = number >= asked.first
            within += is_counted and 1 / FACTOR <= ratio <= FACTOR
            note = "" if is_counted else "  (teaches)"
            print(f"{what:<45} announced {announced:6.1f} s, took {taken:6.1f} s: {ratio:.2f}{note}", flush=True)
    print(f"{within} of {asked.runs} within a factor of {FACTOR} (target {SHARE:.0%})")
    return 0 if within >= SHARE * asked.runs else 1


if __name__ == "__main__":
    run_program(main)
