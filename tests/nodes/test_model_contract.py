"""What every node that makes or takes a model promises, checked on each that is registered."""

from __future__ import annotations

import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.model import Model, Package
from tasks.contract.node import Node
from tasks.contract.registry import node_class
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.nodes.contract import (
    LEARNERS,
    MODEL_TAKERS,
    assert_predicts,
    models_in,
    of,
    raw_row,
    run,
    same,
    snapshot,
    split,
)
from tests.tables import GOOD, POOR, ready


@pytest.mark.parametrize("name", [*GOOD, *POOR])
@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_model_that_comes_out_predicts_a_row_of_what_went_in(node, name):
    table = (GOOD | POOR)[name]()
    before = snapshot(table)
    for given in (table, split(table)):
        outputs = run(node, given, node.Params())
        assert snapshot(table) == before
        if isinstance(outputs, NodeError):
            continue
        assert headline(node, {node.input_ports()[0].name: given}, outputs)
        for model in models_in(outputs):
            assert_predicts(model, table)


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_tables_ready_to_learn_from_give_a_model(node):
    outputs = [run(node, split(ready(target=target)), node.Params()) for target in ("price", "bought")]
    assert any(not isinstance(made, NodeError) and models_in(made) for made in outputs)


@pytest.mark.parametrize("node", MODEL_TAKERS, ids=of)
@pytest.mark.parametrize("target", ["price", "bought"])
def test_node_that_takes_a_model_gives_a_result(node, target):
    table = split(ready(60, target=target))
    model = invoke(node_class("model.linear"), {"table": table}, node_class("model.linear").Params(), ListContext())[
        "model"
    ]
    outputs = run(node, None, node.Params()) if not node.input_ports() else _run_on_model(node, model)
    assert headline(node, {node.input_ports()[0].name: model}, outputs)
    for made in models_in(outputs):
        assert_predicts(made, table)
    for made in outputs.values():
        if isinstance(made, Package):
            assert Program.load(made.program, made.files).predict_rows([raw_row(table, model)]).predictions


def _run_on_model(node: type[Node], model: Model) -> dict[str, object]:
    cheap = {name: 2 for name in ("trials", "folds") if name in node.Params.model_fields}
    return invoke(node, {node.input_ports()[0].name: model}, node.Params(**cheap), ListContext())


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_same_seed_gives_the_same_model(node):
    table = split(ready())
    one, two = (run(node, table, node.Params()) for _ in range(2))
    for left, right in zip(models_in(one), models_in(two), strict=True):
        assert left.metrics == right.metrics
        assert same(left.expected, right.expected)
