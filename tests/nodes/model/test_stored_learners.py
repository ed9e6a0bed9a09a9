"""A model that earlier code stored can be fitted again: its learner has today's parameters and search space."""

import pytest

from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke, upgrade_learner
from tasks.contract.registry import node_class
from tasks.nodes.tune.tune.node import Tune
from tests.contexts import ListContext
from tests.golden.stored import KEY
from tests.golden.test_generations import GENERATIONS, HERE, answers

STORED = [(name, one) for name in GENERATIONS for one in answers(name)["models"]]


@pytest.fixture
def stored(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", KEY)
    return lambda name, one: Store(HERE / name / "store").get(answers(name)["models"][one]["digest"])


@pytest.mark.parametrize(("name", "one"), STORED)
def test_its_parameters_and_what_may_be_searched_are_those_of_its_node(name, one, stored):
    learner = upgrade_learner(stored(name, one).learner)
    node = node_class(learner.node)
    assert node.Params.model_validate(learner.params).model_dump(mode="json") == learner.params
    assert {dimension.name for dimension in learner.space} <= set(node.Params.model_fields)
    assert [d.name for d in learner.space] == [d.name for d in node.space]


def test_it_can_be_tuned(stored, tmp_path):
    name, one = next((name, one) for name, one in STORED if one.startswith("linear"))
    context = ListContext(workspace_path=tmp_path)
    outputs = invoke(Tune, {"model": stored(name, one)}, Tune.Params(n_trials=2), context)
    assert len(outputs["study"].trials) == 2
    assert "alpha" in outputs["model"].learner.params
