"""Every model node, on numbers and on classes: the endpoint gives what training gave."""

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.node import Node
from tasks.contract.registry import all_nodes
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tasks.nodes.evaluate.evaluate.node import Evaluate
from tasks.nodes.tune.tune.node import Tune
from tests.contexts import ListContext
from tests.nodes.model.samples import fitted, sample

NODES = [node for name, node in all_nodes().items() if name.startswith("model.")]


@pytest.fixture
def context(tmp_path):
    return ListContext(workspace_path=tmp_path)


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("node", NODES, ids=lambda node: node.id)
def test_the_endpoint_gives_what_training_gave(node: type[Node], classes, context):
    table = sample(classes)
    model = fitted(node, table, context)
    made = package(model, "sample", context)
    assert made.program["estimator"]["format"] == "onnx"
    size = 1.0 if classes else np.abs(model.expected).max()
    assert made.parity["largest_difference"] <= 2e-6 * size
    program = Program.load(made.program, made.files)
    rows = [{name: float(model.held_out.columns[name][at]) for name in ("x0", "x1", "x2")} for at in range(50)]
    answer = program.predict_rows(rows)
    if classes:
        given = np.array([[one[name] for name in model.classes] for one in answer.probabilities])
        assert set(answer.predictions) <= set(model.classes)
    else:
        given = np.array(answer.predictions)
    np.testing.assert_allclose(given, model.expected[:50], atol=2e-6 * size)


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("node", NODES, ids=lambda node: node.id)
def test_every_model_beats_a_guess(node: type[Node], classes, context):
    scores = fitted(node, sample(classes), context).metrics
    if classes:
        assert scores["accuracy"] > scores["baseline_accuracy"] + 0.1
        assert scores["auc"] > 0.75
    else:
        assert scores["rmse"] < 0.8 * scores["baseline_rmse"]


@pytest.mark.parametrize("node", [n for n in NODES if n.id in ("model.forest", "model.boosting")], ids=lambda n: n.id)
def test_trees_answer_rows_with_gaps_as_in_training(node: type[Node], context):
    model = fitted(node, sample(2, gaps=0.2), context)
    made = package(model, "sample", context)
    assert all(column.nullable for column in model.raw_schema.each())
    program = Program.load(made.program, made.files)
    assert program.predict_rows([{"x0": None, "x1": None, "x2": None}]).predictions[0] in model.classes


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.id)
def test_what_may_be_searched_is_a_parameter_and_valid_at_both_ends(node: type[Node], context):
    space = fitted(node, sample(0), context).learner.space
    assert space
    for dimension in space:
        for value in dimension.choices or (dimension.low, dimension.high):
            given = int(value) if dimension.kind == "integer" else value
            assert getattr(node.Params(**{dimension.name: given}), dimension.name) == given


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("node", NODES, ids=lambda node: node.id)
def test_a_stored_model_can_be_judged_tuned_and_deployed(node: type[Node], classes, tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    store = Store(str(tmp_path / "store"))
    context = ListContext(workspace_path=tmp_path)
    small = {"model.boosting": {"n_estimators": 10}, "model.neural": {"epochs": 2}, "model.forest": {"n_estimators": 5}}
    value = fitted(node, sample(classes, has_validation=True), context, **small.get(node.id, {}))
    value = store.get(store.put(value).digest)
    tuned = invoke(Tune, {"model": value}, Tune.Params(n_trials=2), context)["model"]
    tuned = store.get(store.put(tuned).digest)
    report = invoke(Evaluate, {"model": tuned}, Evaluate.Params(), context)
    assert report["metrics"].values == pytest.approx(dict(tuned.metrics))
    made = store.get(store.put(package(tuned, "sample", context)).digest)
    assert Program.load(made.program, made.files).predict_rows([made.program["example"]]).predictions
