"""Evaluate: scores as the library's, figures that can be drawn, what each column adds, every prediction."""

import json

import numpy as np
import pytest
from sklearn import metrics

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.table import Partition
from tasks.nodes.evaluate.evaluate.node import Evaluate
from tasks.nodes.model.linear.node import Linear
from tasks.training.assessment import feature_groups
from tests.contexts import ListContext
from tests.nodes.model.samples import fitted, sample
from tests.tables import mixed

REGRESSION = ["predicted_actual", "residuals", "residuals_predicted", "importance"]
FIGURES = {
    0: REGRESSION,
    2: ["confusion", "roc", "precision_recall", "calibration", "importance"],
    3: ["confusion", "roc", "precision_recall", "importance"],
}


def evaluated(model, **params):
    return Evaluate.run(Evaluate.Inputs(model), Evaluate.Params(**params), ListContext())


def figure(report, name):
    return next(one.spec for one in report.figures if one.name == name)


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_figures_are_plain_data_without_colours_of_their_own_background(classes):
    report = evaluated(fitted(Linear, sample(classes))).report
    assert [one.name for one in report.figures] == FIGURES[classes]
    for one in report.figures:
        text = json.dumps(one.spec, allow_nan=False)
        assert not {"template", "paper_bgcolor", "plot_bgcolor", "font"} & set(one.spec["layout"])
        assert len(text) < 200_000
        assert all(trace["type"] in ("scatter", "bar", "heatmap") for trace in one.spec["data"])
        assert one.title
        assert one.spec["layout"]["xaxis"]["title"]["text"]


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_scores_are_those_of_the_test_rows(classes):
    model = fitted(Linear, sample(classes, has_validation=True))
    made = evaluated(model).metrics
    assert dict(made.values) == pytest.approx(dict(model.metrics))
    assert made.headline == ("auc" if classes else "rmse")
    other = evaluated(model, scored_rows="validation").metrics
    assert other.values[other.headline] != made.values[made.headline]


def test_the_confusion_matrix_counts_every_row():
    model = fitted(Linear, sample(3))
    outputs = evaluated(model)
    shown = figure(outputs.report, "confusion")["data"][0]
    table = outputs.predictions
    expected = metrics.confusion_matrix(table.columns["actual"], table.columns["predicted"], labels=model.classes)
    assert shown["text"] == expected.tolist()
    assert shown["x"] == list(model.classes)


def test_the_curve_has_the_area_that_is_written_on_it():
    outputs = evaluated(fitted(Linear, sample(2)))
    line = figure(outputs.report, "roc")["data"][0]
    assert np.trapezoid(line["y"], line["x"]) == pytest.approx(outputs.metrics.values["auc"], abs=1e-3)
    assert f"{outputs.metrics.values['auc']:.3f}" in line["name"]


def test_every_prediction_stands_beside_the_truth_with_its_row():
    table = sample(0)
    outputs = evaluated(fitted(Linear, table))
    made = outputs.predictions
    rows = made.columns["row"].astype(int)
    assert rows.tolist() == table.row_ids[table.mask(Partition.TEST)].tolist()
    np.testing.assert_array_equal(made.columns["actual"], table.columns["y"][rows])
    np.testing.assert_allclose(made.columns["error"], made.columns["predicted"] - made.columns["actual"])


def test_probabilities_of_every_class_are_listed():
    made = evaluated(fitted(Linear, sample(3))).predictions
    total = sum(made.columns[f"probability {name}"] for name in ("low", "mid", "top"))
    np.testing.assert_allclose(total, 1)


def test_a_column_that_is_not_used_adds_nothing():
    table = sample(0)
    noise = np.random.default_rng(1).normal(size=table.rows)
    model = fitted(Linear, type(table)(**{**vars(table), "columns": {**table.columns, "x1": noise}}))
    listed = {one["column"]: one["importance"] for one in evaluated(model).metrics.details["importance"]}
    assert max(listed, key=listed.get) == "x0"
    assert abs(listed["x1"]) < 0.05 * listed["x0"]


def test_columns_made_from_one_raw_column_are_shuffled_together():
    context = ListContext()
    table = mixed(300)
    for name in ("split.split", "clean.impute", "features.encode"):
        cls = node_class(name)
        table = invoke(cls, {"table": table}, cls.Params(), context)["table"]
    model = fitted(Linear, table)
    groups = feature_groups(model)
    assert set(groups) == {"area", "rooms", "city", "garden"}
    assert len(groups["city"]) >= 3
    assert sorted(at for places in groups.values() for at in places) == list(range(len(model.features)))


def test_importance_can_be_left_out():
    outputs = evaluated(fitted(Linear, sample(0)), has_importance=False)
    assert "importance" not in [one.name for one in outputs.report.figures]
    assert "importance" not in outputs.metrics.details


def test_rows_that_the_split_did_not_keep_cannot_be_scored():
    with pytest.raises(NodeError, match="left no rows") as caught:
        evaluated(fitted(Linear, sample(0)), scored_rows="validation")
    assert caught.value.param == "scored_rows"


def test_scoring_on_training_rows_is_said():
    context = ListContext()
    model = fitted(Linear, sample(0))
    Evaluate.run(Evaluate.Inputs(model), Evaluate.Params(scored_rows="training"), context)
    assert any("too good" in line for line in context.logs)


def test_scores_per_class_are_those_of_the_library():
    outputs = evaluated(fitted(Linear, sample(3)))
    table = outputs.predictions
    recall = metrics.recall_score(table.columns["actual"], table.columns["predicted"], average=None)
    assert [one["recall"] for one in outputs.metrics.details["classes"]] == pytest.approx(recall.tolist())
