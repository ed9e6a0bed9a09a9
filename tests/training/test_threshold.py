"""The threshold chosen on parts of the training rows: it pays on rare classes, and looks at no row that is scored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.table import Partition
from tasks.training.threshold import _best
from tests.contexts import ListContext
from tests.tables import table_of

LEARNERS = ["model.linear", "model.forest", "model.boosting"]


def policies(rows=3000, *, seed=3, **split):
    """Return a split table of which 6 % are buyers, whom a weak signal in a few of many columns tells."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, 12))
    score = 0.7 * matrix[:, 0] + 0.5 * matrix[:, 1] + 0.4 * matrix[:, 2] + random.normal(0, 1.5, rows)
    bought = score > np.quantile(score, 0.94)
    columns = {f"x{at}": ("number", matrix[:, at].tolist()) for at in range(12)}
    columns["caravan"] = ("category", np.where(bought, "yes", "no").tolist())
    return run("split.split", {"table": table_of(columns, target="caravan")}, split)["table"]


def run(name, inputs, params, context=None):
    node = node_class(name)
    return invoke(node, inputs, node.Params(**params), context or ListContext())


@pytest.mark.parametrize("node", LEARNERS)
def test_a_rare_class_is_found_with_a_chosen_threshold(node):
    context = ListContext()
    model = run(node, {"table": policies()}, {"threshold_choice": "best_f1"}, context)["model"]
    assert 0 < model.threshold < 0.5
    assert model.metrics["f1"] > 0.15
    assert any(line.startswith("“yes” is answered from a probability of") for line in context.logs)
    fixed = run(node, {"table": policies()}, {})["model"]
    assert fixed.threshold == 0.5
    assert model.metrics["f1"] > fixed.metrics["f1"]


def test_rows_that_are_scored_do_not_move_the_threshold():
    table = policies(1000)
    wild = {name: values.copy() for name, values in table.columns.items()}
    test = table.mask(Partition.TEST)
    for name, values in wild.items():
        values[test] = "yes" if name == "caravan" else 9.0
    one, two = (
        run("model.linear", {"table": given}, {"threshold_choice": "best_f1"})["model"].threshold
        for given in (table, replace(table, columns=wild))
    )
    assert one == two


def test_the_best_threshold_is_that_of_the_best_f1():
    random = np.random.default_rng(0)
    truth = (random.random(200) < 0.2).astype(np.int64)
    scores = np.round(np.clip(truth * 0.2 + random.random(200) * 0.6, 0, 1), 2)
    found = _best(truth, scores, np.ones(200))
    best = max(f1_score(truth, scores >= at) for at in np.unique(scores))
    assert f1_score(truth, scores >= found) == pytest.approx(best)


def test_a_class_with_one_row_leaves_the_threshold_and_says_so():
    columns = {"a": ("number", list(range(40))), "y": ("category", ["yes"] + ["no"] * 39)}
    context = ListContext()
    given = {"threshold_choice": "best_f1", "threshold": 0.4}
    model = run("model.linear", {"table": table_of(columns, target="y")}, given, context)["model"]
    assert model.threshold == 0.4
    assert any(line.startswith("Too few training rows are “yes”") for line in context.logs)


@pytest.mark.parametrize("metric", ["auto", "f1"])
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_a_search_ends_with_a_threshold_that_was_chosen(metric, validation):
    table = policies(800, validation_size=validation)
    model = run("model.linear", {"table": table}, {"threshold_choice": "best_f1"})["model"]
    tuned = run("tune.tune", {"model": model}, {"n_trials": 3, "timeout": 100, "metric": metric})["model"]
    assert tuned.threshold != 0.5
    assert tuned.learner.params["threshold_choice"] == "best_f1"
