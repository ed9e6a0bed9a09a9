"""How well searches keep their time limit: random tables and learners, and how long each search took beside its limit.

Prints a line per search: rows, columns, classes, learner, limit, seconds taken, trials, and whether the model came
back unchanged. The exit code is 1 when one takes over 5 % and a second more than its limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import machine
from bench.program import run_program
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.table import Partition, Table
from tasks.search.study import SearchSettings, search
from tests.contexts import ListContext
from tests.tables import table_of

SHARE, SECONDS = 1.05, 1.0
LEARNERS = ("model.linear", "model.forest", "model.boosting", "model.neural")
QUICK = {
    "model.linear": {},
    "model.forest": {"n_estimators": 20, "max_depth": 6},
    "model.boosting": {"n_estimators": 20},
    "model.neural": {"epochs": 2},
}
"""Parameters with which the model that comes in is fitted soon; the search begins from the usual ones."""
WIDE = (64, 6831, 14)
"""Rows, columns and classes of a table of gene expressions."""


def random_table(random: np.random.Generator, rows: int, columns: int, classes: int) -> Table:
    """Return numbers, of which three say something about the target."""
    values = random.normal(size=(rows, columns))
    score = values[:, 0] + values[:, 1 % columns] * values[:, 2 % columns] + random.normal(0, 0.5, rows)
    described: dict[str, Any] = {f"c{at}": ("number", values[:, at].tolist()) for at in range(columns)}
    if classes:
        place = np.argsort(np.argsort(score)) * classes // rows
        described["y"] = ("category", [f"class {one}" for one in place])
    else:
        described["y"] = ("number", score.tolist())
    table = table_of(described, target="y")
    kept = np.where(random.random(rows) < random.choice([0.0, 0.2]), Partition.VALID, Partition.TRAIN)
    return table.split(kept.astype(np.uint8))


def taken(table: Table, learner: str, limit: float, params: dict[str, Any], folder: str) -> tuple[float, str]:
    """Return the seconds of one search, and what came of it."""
    context, node = ListContext(workspace_path=Path(folder)), node_class(learner)
    model = invoke(node, {"table": table}, node.Params(**QUICK[learner]), context)["model"]
    usual = node.Params(**params).model_dump(mode="json")
    began = time.monotonic()
    object.__setattr__(model.learner, "params", usual)
    best, study = search(model, SearchSettings(1000, limit), context)
    seconds = time.monotonic() - began
    outcome = "unchanged" if best is model else f"trial {study.best}"
    return seconds, f"{len(study.trials):4} trials, {outcome}"


def main() -> int:
    """Measure and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--limit", type=float, nargs="+", default=[4.0, 8.0])
    asked = parser.parse_args()
    print(machine.describe_machine())
    random, worst = np.random.default_rng(3), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.searches):
            learner = LEARNERS[number % len(LEARNERS)]
            size = int(10 ** random.uniform(2, 5)), int(10 ** random.uniform(0.5, 2)), int(random.choice([0, 2, 5]))
            rows, columns, classes = WIDE if number < len(LEARNERS) else size
            limit = float(random.choice(asked.limit))
            seconds, outcome = taken(random_table(random, rows, columns, classes), learner, limit, {}, folder)
            over = seconds - SHARE * limit
            worst = max(worst, over)
            shape = f"{rows:7,} × {columns:5,}, {classes:2} classes"
            print(f"{learner:15} {shape} limit {limit:4.0f} s, took {seconds:6.2f} s, {outcome}", flush=True)
    print(f"worst: {worst:.2f} s beyond {SHARE:.0%} of the limit; target {SECONDS:.0f} s")
    return int(worst > SECONDS)


if __name__ == "__main__":
    run_program(main)
