"""The node Deploy: a package that says what it was checked with."""

from dataclasses import replace

import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.inference.program import Program
from tasks.nodes.model.forest.node import Forest
from tasks.nodes.publish.deploy.node import Deploy
from tests.contexts import ListContext
from tests.nodes.model.samples import fitted, sample


def deployed(model, **params):
    return invoke(Deploy, {"model": model}, Deploy.Params(**params), ListContext())


def test_the_package_answers_and_says_what_it_was_compared_with():
    model = fitted(Forest, sample(3), n_estimators=10)
    outputs = deployed(model, name="three")
    made = outputs["endpoint"]
    assert (made.name, made.program["task"], made.program["classes"]) == (
        "three",
        "classification",
        list(model.classes),
    )
    assert made.parity["rows"] == len(model.held_out.row_ids)
    answer = Program.load(made.program, made.files).predict_rows([made.program["example"]])
    assert answer.predictions[0] in model.classes
    assert headline(Deploy, {"model": model}, outputs).startswith(f"{made.parity['rows']} rows answered as in training")


def test_what_would_not_repeat_training_is_not_deployed():
    model = fitted(Forest, sample(0), n_estimators=10)
    with pytest.raises(NodeError, match="would not answer as in training"):
        deployed(replace(model, expected=model.expected + 1))


def test_a_model_that_kept_no_rows_cannot_be_checked_and_is_refused():
    model = fitted(Forest, sample(0), n_estimators=10)
    none = model.expected[:0]
    held_out = model.held_out.filter(none.astype(int))
    with pytest.raises(NodeError, match="no rows to compare with"):
        deployed(replace(model, expected=none, held_out=held_out))
