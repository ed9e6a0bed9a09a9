"""The search: never worse than what came, no leak, on time, and stopped when asked."""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.invoke import invoke
from tasks.contract.model import Dimension
from tasks.contract.registry import node_class
from tasks.contract.table import Partition
from tasks.inference.packaging import package
from tasks.search import study as study_module
from tasks.search.study import SearchSettings, search
from tasks.search.trials import CandidateEvaluator, fold_tables
from tasks.training.assessment import assess
from tasks.training.fit_limits import OutOfTime
from tests.contexts import ListContext
from tests.tables import ready, table_of


@pytest.fixture
def context(tmp_path):
    return ListContext(workspace_path=tmp_path)


def run(node, context, params=None, **inputs):
    cls = node_class(node)
    return next(iter(invoke(cls, inputs, cls.Params(**(params or {})), context).values()))


def parts(rows, *, has_validation):
    at = np.arange(rows)
    marked = np.where(at % 5 == 0, Partition.TEST, Partition.TRAIN)
    return np.where(at % 5 == 1, Partition.VALID, marked) if has_validation else marked


def curved(rows=400, *, target="price"):
    """Return a table that a linear model cannot learn and trees can."""
    random = np.random.default_rng(0)
    x, z = random.normal(size=rows), random.normal(size=rows)
    price = x**2 + z + random.normal(0, 0.2, rows)
    values = {"price": ("number", price.tolist()), "bought": ("boolean", (price > 1).astype(int).tolist())}
    return table_of({"x": ("number", x.tolist()), "z": ("number", z.tolist()), target: values[target]}, target=target)


def model_of(context, node, *, target="price", has_validation=True, **params):
    table = curved(target=target)
    return run(node, context, params, table=table.split(parts(table.rows, has_validation=has_validation)))


SETTINGS = SearchSettings(trials=6, seconds=600)


@pytest.mark.parametrize("has_validation", [True, False], ids=["validation rows", "folds"])
@pytest.mark.parametrize("target", ["price", "bought"])
@pytest.mark.parametrize("node", ["model.linear", "model.forest", "model.boosting", "model.neural"])
def test_what_comes_out_is_never_worse_and_can_be_deployed(context, node, target, has_validation):
    small = {
        "model.forest": {"n_estimators": 10},
        "model.boosting": {"n_estimators": 30},
        "model.neural": {"epochs": 3},
    }
    model = model_of(context, node, target=target, has_validation=has_validation, **small.get(node, {}))
    best, study = search(model, replace(SETTINGS, trials=4), context)
    came, reached = study.trials[0].value, study.trials[study.best].value
    assert reached >= came if study.direction == "maximize" else reached <= came
    assert [trial.number for trial in study.trials if trial.is_best] == [study.best]
    if has_validation:
        assert assess(best, Partition.VALID).scores[study.metric] == pytest.approx(reached)
    assert best.learner.node == node
    assert package(best, "best", context).parity["rows"] > 0


def test_the_first_trial_is_the_model_as_it_came_and_it_is_given_back_when_nothing_beats_it(context):
    model = model_of(context, "model.boosting", n_estimators=200)
    useless = replace(model, learner=replace(model.learner, space=(Dimension("n_estimators", "integer", 1, 2),)))
    best, study = search(useless, SETTINGS, context)
    assert study.best == 0
    assert best is useless
    assert study.trials[0].params == {"n_estimators": 200}


def test_trials_are_shown_while_it_searches(context):
    model = model_of(context, "model.linear")
    context.points.clear()
    _, study = search(model, SETTINGS, context)
    assert [trial.number for trial in context.trials] == list(range(6))
    best = [value for name, value, _ in context.points if name == "best"]
    assert best == sorted(best, reverse=True)
    assert best[-1] == study.trials[study.best].value
    assert {name for name, *_ in context.points} == {"best", "trial"}


def test_test_rows_are_never_looked_at(context):
    """With other values in the test rows the search goes the same way."""
    model = model_of(context, "model.forest", n_estimators=5)
    table = model.training
    price = table.columns["price"].copy()
    price[table.mask(Partition.TEST)] = 1e6
    other = replace(model, training=replace(table, columns={**table.columns, "price": price}))
    values = [[trial.value for trial in search(one, SETTINGS, context)[1].trials] for one in (model, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)  # threads add in any order


def leaky_model(context):
    """A category that is different in nearly every row, encoded by the mean of a random target."""
    random = np.random.default_rng(0)
    rows = 600
    codes = [f"c{code}" for code in random.integers(0, 400, rows)]
    bought = random.integers(0, 2, rows).tolist()
    noise = random.normal(size=rows).tolist()
    table = table_of(
        {"code": ("category", codes), "noise": ("number", noise), "bought": ("boolean", bought)}, target="bought"
    )
    table = run("split.split", context, {"validation_size": 0.0}, table=table)
    table = run("features.encode", context, {"method": "target", "smooth": 0.0}, table=table)
    return run("model.linear", context, table=table)


def test_nothing_leaks_into_the_folds(context):
    """The encoder was fitted on every training row; in the folds it must not have seen the scored rows."""
    model = leaky_model(context)
    for fold in fold_tables(model, 3, context):
        seen = dict(zip(fold.at_split.training("code"), fold.training("bought"), strict=True))
        scored = fold.mask(Partition.VALID)
        for code, value in zip(fold.at_split.columns["code"][scored], fold.columns["code"][scored], strict=True):
            assert code in seen or value == pytest.approx(fold.training("bought").mean())
    evaluator = CandidateEvaluator(model, "auc", 3, context)
    assert not evaluator.has_validation
    assert evaluator.measure_incoming().value == pytest.approx(0.5, abs=0.12)


def test_each_training_row_is_scored_in_exactly_one_fold_and_test_rows_in_none(context):
    model = leaky_model(context)
    tables = fold_tables(model, 4, context)
    scored = np.concatenate([table.row_ids[table.mask(Partition.VALID)] for table in tables])
    training = model.training.row_ids[model.training.training_mask]
    assert sorted(scored.tolist()) == sorted(training.tolist())
    for table in tables:
        assert set(table.row_ids[table.training_mask].tolist()) < set(training.tolist())


def split_by(context, role, values):
    random = np.random.default_rng(0)
    rows = len(values)
    columns = {
        "x": ("number", random.normal(size=rows).tolist()),
        "by": ("number", values),
        "y": ("number", random.normal(size=rows).tolist()),
    }
    table = run("split.split", context, table=table_of(columns, target="y", roles={"by": role}))
    return run("model.linear", context, table=table)


def test_folds_do_not_tear_groups(context):
    model = split_by(context, "group", [float(n % 12) for n in range(240)])
    for fold in fold_tables(model, 4, context):
        parts = [set(fold.columns["by"][fold.mask(part)].tolist()) for part in Partition]
        assert parts[0] and parts[1]
        assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]


def test_after_a_split_by_time_folds_are_scored_on_newer_rows(context):
    model = split_by(context, "time", [float(n * 7 % 240 // 3) for n in range(240)])
    assert model.training.columns["by"][model.training.mask(Partition.TEST)].min() >= 63
    tables = fold_tables(model, 4, context)
    assert len(tables) == 4
    for fold in tables:
        assert fold.training("by").max() < fold.columns["by"][fold.mask(Partition.VALID)].min()
        assert fold.columns["by"][fold.mask(Partition.VALID)].max() < 64


def test_rows_that_the_folds_know_are_said_where_the_test_rows_do_not_have_them(context):
    """The split by time keeps copies out of the test rows, but not out of the folds of the training rows."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=240), random.normal(size=240)
    fresh = {"x": ("number", x.tolist()), "by": ("number", list(map(float, range(240)))), "y": ("number", y.tolist())}
    x, y = x.copy(), y.copy()
    x[128:192], y[128:192] = x[:64], y[:64]
    copied = {**fresh, "x": ("number", x.tolist()), "y": ("number", y.tolist())}
    for columns, said in ((fresh, 0), (copied, 1)):
        context.logs.clear()
        table = run("split.split", context, table=table_of(columns, target="y", roles={"by": "time"}))
        model = run("model.linear", context, table=table)
        assert model.verdict.notes == ()
        search(model, replace(SETTINGS, trials=3), context)
        lines = [line for line in context.logs if line.startswith("The values of trials are too good.")]
        assert len(lines) == said
        assert all("are among the training rows too" in line for line in lines)


def test_folds_that_cannot_be_made_in_time_leave_the_model_as_it_came(context):
    model = leaky_model(context)
    evaluator = CandidateEvaluator(model, "auc", 3, context, clock=lambda: 1.0)
    with pytest.raises(OutOfTime):
        evaluator.tables(deadline=0.5)
    assert len(evaluator.tables(deadline=1.5)) == 3
    seconds = iter([0.0, 0.0, *[1e9] * 1000])
    best, study = search(model, SETTINGS, context, clock=lambda: next(seconds))
    assert best is model
    assert [trial.state for trial in study.trials] == ["pruned"]


def test_every_fold_has_every_class_alike(context):
    table = ready(300, target="bought")
    model = run("model.linear", context, table=table.split(np.zeros(300)))
    shares = [
        np.mean(fold.columns["bought"][fold.mask(Partition.VALID)] == "yes") for fold in fold_tables(model, 3, context)
    ]
    assert max(shares) - min(shares) < 0.03


def test_a_model_without_a_split_is_tuned_on_folds_of_its_rows(context):
    model = run("model.linear", context, table=ready(100))
    best, study = search(model, SETTINGS, context)
    assert study.trials[study.best].value <= study.trials[0].value
    assert best.scored_on == "train"


def test_without_a_split_it_says_that_what_was_fitted_before_has_seen_the_scored_rows(context):
    plain = run("model.linear", context, table=ready(100))
    search(plain, replace(SETTINGS, trials=2), context)
    assert not any("There is no Split" in line for line in context.logs)
    scaled = run("model.linear", context, table=run("features.scale", context, table=ready(100)))
    search(scaled, replace(SETTINGS, trials=2), context)
    assert sum("There is no Split" in line for line in context.logs) == 1


def test_the_same_seed_gives_the_same_search(context):
    model = model_of(context, "model.boosting", has_validation=False, n_estimators=10)
    one, two = (search(model, SETTINGS, context)[1] for _ in range(2))
    for left, right in zip(one.trials, two.trials, strict=True):
        assert left.params == pytest.approx(right.params, rel=1e-9)
    assert [trial.value for trial in one.trials] == pytest.approx([trial.value for trial in two.trials], rel=1e-9)


def test_the_time_is_kept_even_by_one_long_trial(context):
    model = model_of(context, "model.boosting", n_estimators=5, early_stopping_rounds=0)
    slow = replace(
        model,
        learner=replace(
            model.learner,
            params={**model.learner.params, "n_estimators": 5},
            space=(
                Dimension("n_estimators", "integer", 19_000, 20_000),
                Dimension("num_leaves", "integer", 2000, 2500),
            ),
        ),
    )
    started = time.monotonic()
    best, study = search(slow, SearchSettings(trials=50, seconds=1.0), context)
    assert time.monotonic() - started < 10
    assert study.trials[1].state == "pruned"
    assert best is slow


def test_no_trial_starts_that_would_not_end_in_time(context, monkeypatch):
    monkeypatch.setattr(study_module, "_usual_seconds", lambda record: 1e9 if len(record.trials) > 2 else 0.0)
    _, study = search(model_of(context, "model.linear"), SETTINGS, context)
    assert len(study.trials) == 3
    assert any("The time was over after 3 of 6 trials" in line for line in context.logs)


@dataclass
class CancelledAfterTwoTrials(ListContext):
    def cancelled(self):
        return len(self.trials) >= 2


@pytest.mark.parametrize("node", ["model.boosting", "model.neural"])
def test_cancelling_stops_the_trial_under_way(tmp_path, node):
    context = CancelledAfterTwoTrials(workspace_path=tmp_path)
    model = model_of(context, node)
    with pytest.raises(Cancelled):
        search(model, SETTINGS, context)
    assert len(context.trials) == 2


def test_a_candidate_that_does_not_suit_is_a_failed_trial_not_the_end(context):
    model = model_of(context, "model.neural", epochs=2)
    wild = replace(model, learner=replace(model.learner, space=(Dimension("learning_rate", "float", 0.9, 1.0),)))
    table = wild.training
    huge = {**table.columns, "price": table.columns["price"] * 1e30}
    best, study = search(replace(wild, training=replace(table, columns=huge)), replace(SETTINGS, trials=3), context)
    assert len(study.trials) == 3
    assert math.isfinite(study.trials[0].value)
    assert best.learner.node == "model.neural"


def test_parameters_that_matter_are_told_from_those_that_do_not(context):
    model = model_of(context, "model.forest", n_estimators=5)
    space = (Dimension("min_samples_leaf", "integer", 1, 100), Dimension("max_depth", "integer", 50, 100))
    _, study = search(
        replace(model, learner=replace(model.learner, space=space)), replace(SETTINGS, trials=12), context
    )
    assert list(study.importance)[0] == "min_samples_leaf"
    assert study.importance["min_samples_leaf"] > 0.9
    assert sum(study.importance.values()) == pytest.approx(1)


@pytest.mark.parametrize(("metric", "direction"), [("auc", "maximize"), ("log_loss", "minimize"), ("f1", "maximize")])
def test_the_measure_can_be_chosen(context, metric, direction):
    model = model_of(context, "model.linear", target="bought")
    _, study = search(model, replace(SETTINGS, trials=2, metric=metric), context)
    assert (study.metric, study.direction) == (metric, direction)
    assert study.trials[0].value == pytest.approx(assess(model, Partition.VALID).scores[metric])


def test_a_measure_of_another_task_is_refused_with_those_that_fit(context):
    with pytest.raises(NodeError, match="rmse") as caught:
        search(model_of(context, "model.linear"), replace(SETTINGS, metric="auc"), context)
    assert caught.value.param == "metric"


@pytest.mark.parametrize("sampler", ["tpe", "genetic", "random"])
def test_every_way_of_searching_finds_better_settings(context, sampler):
    model = model_of(context, "model.forest", n_estimators=5, min_samples_leaf=150)
    _, study = search(model, replace(SETTINGS, trials=14, sampler=sampler), context)
    assert len(study.trials) == 14
    assert study.trials[study.best].value < 0.7 * study.trials[0].value


def test_a_genetic_search_learns_from_the_best(context):
    """After some generations the trials gather where the good ones were."""
    model = model_of(context, "model.linear")
    strength = (Dimension("alpha", "float", 1e-3, 1e6, log=True),)
    wide = replace(model, learner=replace(model.learner, space=strength))
    _, study = search(wide, replace(SETTINGS, trials=60, sampler="genetic"), context)
    values = [trial.value for trial in study.trials[1:]]
    assert np.mean(values[-20:]) < np.mean(values[:15])


def weak(context, node, space, **params):
    """A model whose worst settings are far worse than its best."""
    model = model_of(context, node, **params)
    return replace(model, learner=replace(model.learner, space=space))


def test_a_weak_trial_is_stopped_by_its_curve(context):
    rates = (Dimension("learning_rate", "float", 1e-5, 0.3, log=True),)
    model = weak(context, "model.boosting", rates, n_estimators=60, early_stopping_rounds=0)
    settings = replace(SETTINGS, trials=20, sampler="random")
    _, study = search(model, settings, context)
    states = [trial.state for trial in study.trials]
    assert states[:6] == ["done"] * 6
    assert "pruned" in states
    assert study.trials[study.best].state == "done"
    _, patient = search(model, replace(settings, is_pruning=False), context)
    assert {trial.state for trial in patient.trials} == {"done"}
    assert patient.trials[patient.best].value == pytest.approx(study.trials[study.best].value)


def test_a_weak_trial_is_stopped_by_its_first_folds(context):
    leaves = (Dimension("min_samples_leaf", "integer", 1, 200, log=True),)
    model = weak(context, "model.forest", leaves, n_estimators=5, has_validation=False)
    _, study = search(model, replace(SETTINGS, trials=20, sampler="random"), context)
    pruned = [trial for trial in study.trials if trial.state == "pruned"]
    assert pruned
    assert all(trial.value is None and trial.params for trial in pruned)
    assert [trial.state for trial in context.trials] == [trial.state for trial in study.trials]


def test_a_candidate_that_a_library_refuses_is_a_failed_trial_not_the_end(context, monkeypatch):
    model = model_of(context, "model.linear")
    measure = CandidateEvaluator.measure

    def refuse(self, params, **given):
        if params["penalty"] != "ridge":
            raise RuntimeError("CUDA out of memory")
        return measure(self, params, **given)

    monkeypatch.setattr(CandidateEvaluator, "measure", refuse)
    best, study = search(model, replace(SETTINGS, trials=12), context)
    assert {trial.state for trial in study.trials} == {"done", "failed"}
    assert best.learner.params["penalty"] == "ridge"
    said = [line for line in context.logs if "CUDA out of memory" in line]
    assert 1 <= len(said) <= 3
    assert said[0].startswith("Trial ")


def test_the_best_settings_are_fitted_on_all_training_rows_in_the_end(context):
    model = model_of(context, "model.forest", has_validation=False, n_estimators=5, min_samples_leaf=150)
    best, study = search(model, SETTINGS, context)
    assert study.best > 0
    assert {**best.learner.params, **study.trials[study.best].params} == best.learner.params
    again = run("model.forest", context, best.learner.params, table=model.training)
    assert best.expected == pytest.approx(again.expected)
    assert best.threshold == model.threshold
