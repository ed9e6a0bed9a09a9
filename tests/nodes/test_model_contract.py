"""What every node that makes or takes a model promises, checked on each that is registered."""

from __future__ import annotations

import pytest

from tasks.contract.invoke import headline, invoke
from tasks.contract.model import Package
from tasks.contract.registry import node_class
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.nodes.contract import models
from tests.nodes.contract.broken import located
from tests.nodes.contract.kinds import LEARNERS, MODEL_TAKERS, TABLES, models_in, of, split
from tests.nodes.contract.variants import Variant, variants
from tests.nodes.contract.whole import FEW_TABLES_OF_NUMBERS
from tests.tables import ready


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in FEW_TABLES_OF_NUMBERS else [pytest.mark.full]) for n in TABLES]
)
@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_model_that_comes_out_predicts_a_row_of_what_went_in(node, name):
    table = TABLES[name]()
    for given in (table, split(table)):
        with located(f"{node.id} on {name}"):
            models.check_learning(node, given, Variant(node.Params()))


@pytest.mark.full
@pytest.mark.parametrize("target", ["price", "bought"])
@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_every_parameter_gives_a_model_learned_from_the_training_rows(node, target):
    table = models.split_numbers(target)
    for variant in variants(node, table.schema):
        if node.estimate(table.rows, len(table.schema), variant.params).seconds <= models.LONGEST_SECONDS:
            with located(node.id):
                models.check_learning(node, table, variant)
                models.check_fitted_on_training_rows(node, table, variant)


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_test_rows_change_nothing_that_was_learned(node):
    with located(node.id):
        models.check_fitted_on_training_rows(node, models.split_numbers("price"), Variant(node.Params()))


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_what_may_be_searched_is_a_parameter_and_valid_at_both_ends(node):
    with located(node.id):
        models.check_search_space(node)


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_same_seed_gives_the_same_model(node):
    with located(node.id):
        models.check_same_seed(node, split(ready()), Variant(node.Params()))


@pytest.mark.parametrize("node", MODEL_TAKERS, ids=of)
@pytest.mark.parametrize("target", ["price", "bought"])
def test_node_that_takes_a_model_gives_a_result(node, target):
    table = split(ready(60, target=target))
    linear = node_class("model.linear")
    model = invoke(linear, {"table": table}, linear.Params(), ListContext())["model"]
    cheap = {name: 2 for name in ("n_trials", "folds") if name in node.Params.model_fields}
    outputs = invoke(node, {node.input_ports()[0].name: model}, node.Params(**cheap), ListContext())
    assert headline(node, {node.input_ports()[0].name: model}, outputs)
    for made in models_in(outputs):
        models.check_model(made, table)
    for made in outputs.values():
        if isinstance(made, Package):
            answer = Program.load(made.program, made.files).predict_rows([models.raw_row(table, model)])
            assert len(answer.predictions) == 1
