"""The time limit of a search holds for all it does: the first measurement, every trial, and the last fit."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.model import Dimension
from tasks.search import trials as trials_module
from tasks.search.study import SearchSettings, search
from tasks.training.fit_limits import FitLimits, OutOfTime, fit_in_process
from tests.contexts import ListContext
from tests.search.test_study import model_of, run
from tests.tables import ready, table_of

LIMIT = 60.0


class Clock:
    """Stands still until something takes time."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def context(tmp_path):
    return ListContext(workspace_path=tmp_path)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def costs(clock, monkeypatch):
    """Let every fit take time: ``costs["fold"]`` seconds in a fold, ``costs["all"]`` on all rows."""
    seconds, fit = {"fold": 0.0, "all": 0.0}, trials_module.fit

    def slow(model, table, params, context):
        clock.now += min(seconds["all" if table is model.training else "fold"], context.limits.deadline - clock.now)
        context.progress(0)
        return fit(model, table, params, context)

    monkeypatch.setattr(trials_module, "fit", slow)
    return seconds


def folded(context):
    return model_of(context, "model.forest", has_validation=False, n_estimators=5, min_samples_leaf=150)


def test_a_first_measurement_that_takes_too_long_gives_back_the_model_as_it_came(context, clock, costs):
    model, started = folded(context), clock.now
    costs["fold"] = 1000
    best, study = search(model, SearchSettings(20, LIMIT), context, clock=clock)
    assert clock.now - started <= LIMIT
    assert best is model
    assert [(trial.value, trial.state) for trial in study.trials] == [(None, "pruned")]
    assert study.trials[study.best].number == 0
    assert any("unchanged" in line for line in context.logs)


@pytest.mark.parametrize("fold", [1.0, 3.0, 7.0, 11.0])
def test_time_for_the_last_fit_is_reserved(context, clock, costs, fold):
    model, started = folded(context), clock.now
    costs |= {"fold": fold, "all": 1.5 * fold}
    best, study = search(model, SearchSettings(50, LIMIT), context, clock=clock)
    assert clock.now - started <= LIMIT
    finished = [trial for trial in study.trials if trial.state == "done"]
    assert best.learner.params["min_samples_leaf"] == study.trials[study.best].params["min_samples_leaf"]
    assert len(finished) > 1 or best is model


def test_a_last_fit_that_overruns_is_ended_and_the_model_is_given_back_as_it_came(context, clock, costs):
    model, started = folded(context), clock.now
    costs |= {"fold": 1.0, "all": 1000.0}
    best, study = search(model, SearchSettings(6, LIMIT), context, clock=clock)
    assert clock.now - started <= LIMIT
    assert best is model
    assert study.best == 0
    assert [trial.is_best for trial in study.trials] == [True] + [False] * (len(study.trials) - 1)
    assert any("on all rows" in line for line in context.logs)


def forever():
    threading.Event().wait()


def test_a_fit_that_looks_at_no_clock_is_ended_with_its_process(context, clock):
    with pytest.raises(OutOfTime):
        fit_in_process(forever, FitLimits(deadline=clock.now, clock=clock), context)


def test_a_fit_in_its_own_process_is_ended_when_the_run_is_cancelled(tmp_path, clock):
    class Stopped(ListContext):
        def cancelled(self):
            return True

    with pytest.raises(Cancelled):
        fit_in_process(forever, FitLimits(deadline=clock.now + 1, clock=clock), Stopped())


def test_a_fit_in_its_own_process_gives_what_it_gives_here(context, clock):
    limits = FitLimits(deadline=clock.now + 1, clock=clock)
    assert fit_in_process(lambda: np.arange(500_000), limits, context).sum() == np.arange(500_000).sum()

    def refuse():
        raise NodeError("No.", param="alpha")

    with pytest.raises(NodeError, match="No.") as caught:
        fit_in_process(refuse, limits, context)
    assert caught.value.param == "alpha"


def test_the_final_model_has_the_rounds_that_the_folds_found_and_learns_from_all_rows(context, monkeypatch):
    model = model_of(context, "model.boosting", has_validation=False, learning_rate=0.9, n_estimators=300)
    leaves = (Dimension("num_leaves", "integer", 4, 5), Dimension("learning_rate", "float", 0.05, 0.1))
    model = replace(model, learner=replace(model.learner, space=leaves))
    found = []
    measure = trials_module.CandidateEvaluator.measure

    def keep(self, params, **given):
        found.append(measure(self, params, **given))
        return found[-1]

    monkeypatch.setattr(trials_module.CandidateEvaluator, "measure", keep)
    best, study = search(model, SearchSettings(4, 600), context)
    assert study.best > 0
    rounds = next(one.rounds for one in found if one.value == study.trials[study.best].value)
    assert 1 < rounds < 300
    assert best.estimator.text.count("Tree=") == rounds
    root = next(line for line in best.estimator.text.splitlines() if line.startswith("internal_count="))
    rows = int(model.training.training_mask.sum())
    assert int(root.split("=")[1].split()[0]) == pytest.approx(rows * model.learner.params["subsample"], abs=1)
    assert best.learner.params["n_estimators"] == 300
    assert best.learner.params["early_stopping_rounds"] == 50


def test_boosting_stops_early_on_few_rows_too(context):
    table = ready(150)
    noisy = replace(table, columns={**table.columns, "price": np.random.default_rng(0).normal(size=150)})
    model = run("model.boosting", context, table=noisy)
    assert model.estimator.text.count("Tree=") < 200


def test_learning_rates_are_not_compared_by_round(context):
    """A small rate is behind in every round of equal number, and ahead in the end."""
    model = model_of(context, "model.boosting", n_estimators=400, early_stopping_rounds=0, learning_rate=0.3)
    rates = (Dimension("learning_rate", "float", 0.02, 0.5, log=True),)
    model = replace(model, learner=replace(model.learner, space=rates))
    _, study = search(model, SearchSettings(16, 600, sampler="random"), context)
    slow = [trial for trial in study.trials if trial.params["learning_rate"] < 0.06]
    assert slow
    assert {trial.state for trial in slow} == {"done"}


def test_a_search_in_which_all_trials_fail_fails_in_words(context, monkeypatch):
    model = folded(context)

    def refuse(self, params, **given):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(trials_module.CandidateEvaluator, "measure", refuse)
    with pytest.raises(NodeError, match="None of the 4 trials.*CUDA out of memory"):
        search(model, SearchSettings(4, 600), context)


@pytest.mark.parametrize("node", ["model.forest", "model.boosting", "model.linear"])
def test_trials_that_all_predict_perfectly_end_well(context, node):
    values = [float(n % 3) for n in range(90)]
    table = table_of({"a": ("number", values), "y": ("number", values)}, target="y")
    small = {} if node == "model.linear" else {"n_estimators": 20}
    model = run(node, context, small, table=table)
    best, study = search(model, SearchSettings(15, 600), context)
    assert len(study.trials) == 15
    assert best.learner.node == node


def test_importance_without_variance_is_left_out(context, monkeypatch):
    from optuna import importance

    def refuse(*given, **named):
        raise RuntimeError("Encountered zero total variance in all trees.")

    monkeypatch.setattr(importance, "get_param_importances", refuse)
    _, study = search(model_of(context, "model.linear"), SearchSettings(12, 600), context)
    assert study.importance == {}


def rare(context, positives, **params):
    random = np.random.default_rng(0)
    columns = {
        "x": ("number", random.normal(size=300).tolist()),
        "bad": ("category", ["yes" if n < positives else "no" for n in range(300)]),
    }
    return run("model.linear", context, params, table=table_of(columns, target="bad"))


def test_no_more_folds_than_rows_of_the_rarer_class(context):
    model = rare(context, 3)
    _, study = search(model, SearchSettings(3, 600, folds=5), context)
    assert all(trial.state == "done" for trial in study.trials)
    assert any("3 folds" in line for line in context.logs)


def test_a_class_with_one_row_is_named_instead_of_trials_that_all_fail(context):
    with pytest.raises(NodeError, match="“yes”"):
        search(rare(context, 1), SearchSettings(3, 600), context)


def test_validation_rows_of_one_class_are_named_instead_of_trials_that_all_fail(context):
    table = table_of(
        {
            "x": ("number", np.random.default_rng(0).normal(size=300).tolist()),
            "bad": ("category", ["yes" if n in (0, 2, 4) else "no" for n in range(300)]),
        },
        target="bad",
    ).split(np.arange(300) % 2)
    model = run("model.linear", context, table=table)
    with pytest.raises(NodeError, match="all of one class"):
        search(model, SearchSettings(3, 600), context)
