"""The node Tune: a line from model to deploy, and what its result line says."""

import pytest

from tasks.contract.invoke import headline, invoke
from tasks.contract.values import Study, Trial
from tasks.nodes.model.boosting.node import Boosting
from tasks.nodes.model.linear.node import Linear
from tasks.nodes.publish.deploy.node import Deploy
from tasks.nodes.tune.tune.node import Tune
from tests.contexts import ListContext
from tests.nodes.model.samples import fitted, sample


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_model_tune_deploy_is_a_straight_line(sampler):
    context = ListContext()
    model = fitted(Boosting, sample(2, has_validation=True), n_estimators=20)
    tuned = invoke(Tune, {"model": model}, Tune.Params(n_trials=3, sampler=sampler), context)
    endpoint = invoke(Deploy, {"model": tuned["model"]}, Deploy.Params(name="houses"), context)["endpoint"]
    assert len(tuned["study"].trials) == len(context.trials) == 3
    assert endpoint.name == "houses"
    assert endpoint.parity["largest_difference"] <= endpoint.parity["tolerance"]


def test_the_result_line_says_what_it_was_before():
    model = fitted(Linear, sample(0))
    outputs = invoke(Tune, {"model": model}, Tune.Params(n_trials=2), ListContext())
    study = outputs["study"]
    expected = (
        f"RMSE {study.trials[study.best].value:.3g} on parts of the training rows, was {study.trials[0].value:.3g}"
    )
    assert headline(Tune, {"model": model}, outputs) == expected


def test_the_result_line_says_that_nothing_better_was_found():
    trials = tuple(Trial(number, {}, 2.0 - (number == 0), "done", 0.1, number == 0) for number in range(4))
    outputs = {"model": None, "study": Study("rmse", "minimize", trials, 0, {})}
    assert (
        headline(Tune, {"model": None}, outputs)
        == "RMSE 1 on parts of the training rows, as it came: none of 3 other settings was better"
    )


def test_a_gain_that_cannot_be_seen_is_no_gain():
    trials = tuple(Trial(at, {}, value, "done", 0.1, at == 1) for at, value in enumerate((0.66501, 0.66503)))
    outputs = {"model": None, "study": Study("auc", "maximize", trials, 1, {})}
    assert headline(Tune, {"model": None}, outputs) == (
        "ROC AUC 0.665 on parts of the training rows, as it came: the one other setting was not better"
    )


def test_a_tuned_model_can_be_tuned_again():
    model = fitted(Linear, sample(0))
    once = invoke(Tune, {"model": model}, Tune.Params(n_trials=3), ListContext())
    twice = invoke(Tune, {"model": once["model"]}, Tune.Params(n_trials=3), ListContext())
    first = once["study"].trials[once["study"].best].value
    again = twice["study"]
    assert again.trials[0].value == pytest.approx(first)
    assert again.trials[again.best].value <= again.trials[0].value
