"""Which of two classes is the positive one, and that scores, verdict, figures, threshold and endpoint follow it."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke, upgrade_params
from tasks.contract.registry import node_class
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.tables import table_of


def applicants(rows=400, *, names=("bad", "good"), share=0.3, seed=1, noise=0.5):
    """Return a split table in which ``share`` of the rows are of the class that is first in ``names``."""
    random = np.random.default_rng(seed)
    score = random.normal(size=rows)
    is_first = score + random.normal(0, noise, rows) > np.quantile(score, 1 - share)
    columns = {
        "score": ("number", score.tolist()),
        "other": ("number", random.normal(size=rows).tolist()),
        "risk": ("category", np.where(is_first, *names).tolist()),
    }
    return run("split.split", {"table": table_of(columns, target="risk")}, {})["table"]


def run(name, inputs, params, context=None):
    node = node_class(name)
    return invoke(node, inputs, node.Params(**params), context or ListContext())


def learned(table, context=None, *, node="model.linear", **params):
    return run(node, {"table": table}, params, context)["model"]


@pytest.mark.parametrize("node", ["model.linear", "model.forest", "model.boosting", "model.neural"])
def test_scores_and_verdict_are_about_the_class_that_means_yes(node):
    from sklearn.metrics import average_precision_score, f1_score

    table = applicants()
    model = learned(table, node=node)
    assert (model.positive, model.classes) == ("bad", ("good", "bad"))
    test = table.partition == 2
    truth = table.columns["risk"][test] == "bad"
    shares = model.estimator.predict(table.matrix(model.features, test))[:, 1]
    assert model.metrics["f1"] == pytest.approx(f1_score(truth, shares >= 0.5))
    assert model.metrics["average_precision"] == pytest.approx(average_precision_score(truth, shares))
    found = round(100 * ((shares >= 0.5) & truth).sum() / truth.sum())
    assert f"finds {found} of 100 “bad”" in model.verdict.message


def test_the_positive_class_can_be_chosen_and_the_endpoint_decides_by_it():
    table = applicants()
    model = learned(table, positive="good", threshold=0.9)
    assert model.positive == "good"
    assert "“good”" in model.verdict.message
    packed = package(model, "risk", ListContext())
    program = Program.load(packed.program, packed.files)
    rows = [{"score": value, "other": 0.0} for value in (-3.0, 0.3, 3.0)]
    answer = program.predict_rows(rows)
    shares = [one["good"] for one in answer.probabilities]
    assert answer.predictions == ["good" if share >= 0.9 else "bad" for share in shares]
    assert len(set(answer.predictions)) == 2
    assert [program.predict_rows([row]).predictions[0] for row in rows] == answer.predictions


def test_figures_draw_the_positive_class():
    model = learned(applicants(), positive="bad")
    report = run("evaluate.evaluate", {"model": model}, {"has_importance": False})["report"]
    assert report.figures[0].title == "Confusion matrix, positive class “bad”"
    curves = {figure.name: figure.spec["data"][0]["name"] for figure in report.figures[1:]}
    assert curves["calibration"] == "bad"
    assert curves["roc"].startswith("bad")
    assert curves["precision_recall"].startswith("bad")


def test_a_name_that_is_no_class_is_refused():
    with pytest.raises(NodeError, match="“ugly” is none of good, bad|“ugly” is none of bad, good") as caught:
        learned(applicants(), positive="ugly")
    assert caught.value.param == "positive"


def test_of_three_classes_none_is_the_positive_one():
    columns = {"a": ("number", list(range(60))), "kind": ("category", ["x", "y", "z"] * 20)}
    table = table_of(columns, target="kind")
    assert learned(table).positive == ""
    with pytest.raises(NodeError, match="has 3 classes"):
        learned(table, positive="x")


@pytest.mark.parametrize("node", ["model.linear", "model.forest", "model.boosting", "model.neural"])
def test_a_graph_drawn_before_there_was_a_choice_goes_on_with_the_second_class_in_order(node):
    cls = node_class(node)
    params = upgrade_params(cls, {"threshold": 0.3}, 2)
    model = invoke(cls, {"table": applicants()}, params, ListContext())["model"]
    assert (model.classes, model.threshold) == (("bad", "good"), 0.3)


def test_a_search_keeps_the_positive_class_in_every_fold():
    model = learned(applicants(200, names=("blue", "red"), share=0.5), positive="blue")
    tuned = run("tune.tune", {"model": model}, {"n_trials": 3, "timeout": 60, "metric": "f1"})["model"]
    assert (tuned.positive, tuned.learner.params["positive"]) == ("blue", "blue")


@pytest.mark.parametrize(
    ("values", "classes"),
    [([1, 2], ("1", "2")), ([-1, 1], ("-1", "1")), ([1, 2, 3, 4], ("1", "2", "3", "4")), (list(range(10)), None)],
)
def test_few_whole_numbers_are_classes_and_the_log_says_so(values, classes):
    rows = 120
    targets = np.resize(values, rows).tolist()
    table = table_of({"a": ("number", list(range(rows))), "code": ("integer", targets)}, target="code")
    context = ListContext()
    model = learned(table, context)
    assert set(model.classes) == set(classes or map(str, values))
    (line,) = context.logs
    assert line.startswith(f"“code” has {len(values)} different whole numbers from {values[0]} to {values[-1]}")
    assert learned(table, task="regression").classes == ()
    before = upgrade_params(node_class("model.linear"), {}, 2)
    assert invoke(node_class("model.linear"), {"table": table}, before, ListContext())["model"].classes == ()


def test_classes_that_are_one_but_for_their_spelling_are_named_beside_the_verdict():
    columns = {"a": ("number", list(range(90))), "left": ("category", ["No", "Yes", "yes"] * 30)}
    table = table_of(columns, target="left")
    (caveat,) = [one for one in learned(table).verdict.caveats if one.code == "spellings_apart"]
    assert caveat.message.startswith("“Yes”, “yes” differ in spaces or capitals only")
    tidied = run("clean.columns", {"table": table}, {"tidy": ("left",)})["table"]
    model = learned(tidied)
    assert (model.classes, model.positive) == (("no", "yes"), "yes")
    assert "spellings_apart" not in {one.code for one in model.verdict.caveats}
