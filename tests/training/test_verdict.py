"""The verdict on small made tables: its state and its sentence, with the right numbers in it."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.verdict.judge import deploy_warnings, judge, verdict_of
from tasks.verdict.values import Caveat, Judged, State
from tests.contexts import ListContext
from tests.tables import table_of

RANDOM = np.random.default_rng(5)


def learned(columns, target, *, node="model.linear", split=True, **params):
    """Return the model of a table, after a split unless told otherwise."""
    context, table = ListContext(), table_of(columns, target=target)
    if split:
        share = {"test_size": split} if isinstance(split, float) else {}
        table = run("split.split", {"table": table}, share, context)["table"]
    return run(node, {"table": table}, params, context)["model"]


def run(name, inputs, params, context):
    node = node_class(name)
    return invoke(node, inputs, node.Params(**params), context)


def churn(rows=600, *, noise=1.0, seed=1):
    random = np.random.default_rng(seed)
    calls, months = random.normal(size=rows), random.normal(size=rows)
    left = calls - months + random.normal(0, noise, rows) > 0.8
    return {
        "calls": ("number", calls.tolist()),
        "months": ("number", months.tolist()),
        "left": ("category", np.where(left, "yes", "no").tolist()),
    }


def test_a_good_model_says_how_many_it_finds_and_how_often_it_is_wrong():
    model = learned(churn(), "left")
    test = model.training.partition == 2
    truth = model.training.columns["left"][test] == "yes"
    answered = model.estimator.predict(model.training.matrix(model.features, test))[:, 1] >= 0.5
    found = round(100 * (answered & truth).sum() / truth.sum())
    wrong = round(100 * (answered & ~truth).sum() / answered.sum())
    guessed = round(100 * (~truth).mean())
    assert model.verdict.state in {State.USEFUL, State.EXCELLENT}
    assert model.verdict.message.endswith(
        f": finds {found} of 100 “yes”; {wrong} of 100 answers “yes” are wrong, by guessing {guessed}."
    )
    assert (model.verdict.rows, model.verdict.scored_on, model.verdict.caveats) == (120, "test", ())
    assert deploy_warnings(model.verdict.to_json()) == []


def test_noise_is_no_better_than_the_commonest_answer():
    columns = {**churn(), "left": ("category", np.where(RANDOM.random(600) < 0.3, "yes", "no").tolist())}
    model = learned(columns, "left")
    scores = model.metrics
    assert model.verdict.state is State.GUESSING
    assert model.verdict.message == (
        f"No better than always answering “no”: {scores['accuracy']:.2f} against {scores['baseline_accuracy']:.2f}."
    )
    assert [one.code for one in deploy_warnings(model.verdict.to_json())] == ["no_better_than_guessing"]


def test_numbers_of_noise_are_no_better_than_the_mean():
    columns = {"a": ("number", RANDOM.normal(size=300).tolist()), "y": ("number", RANDOM.normal(9, 2, 300).tolist())}
    model = learned(columns, "y")
    assert model.verdict.state is State.GUESSING
    assert model.verdict.message.startswith("No better than always answering the mean: error ")
    assert f"against {model.metrics['baseline_rmse']:.3g} (R² " in model.verdict.message


def test_a_good_model_of_numbers_has_error_mean_and_share_explained():
    a = RANDOM.normal(size=400)
    columns = {"a": ("number", a.tolist()), "y": ("number", (a * 5000 + RANDOM.normal(0, 3000, 400)).tolist())}
    model = learned(columns, "y")
    scores = model.metrics
    assert model.verdict.state is State.USEFUL
    assert model.verdict.message == (
        f"Good: error {scores['rmse']:,.0f}; always answering the mean has {scores['baseline_rmse']:,.0f} "
        f"(R² {scores['r2']:.2f})."
    )


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("code", lambda y: ("category", np.where(y == "yes", "1 closed", "2 open").tolist()), "leak_equal"),
        ("months", lambda y: ("number", np.where(y == "yes", 0.0, np.arange(600) % 50 + 1.0).tolist()), "leak_alone"),
    ],
)
def test_a_column_that_gives_the_class_away_is_too_good_to_be_true(name, values, code):
    columns = churn()
    columns[name] = values(np.asarray(columns["left"][1]))
    context = ListContext()
    table = run("split.split", {"table": table_of(columns, target="left")}, {}, context)["table"]
    if name == "code":
        table = run("features.encode", {"table": table}, {}, context)["table"]
    model = run("model.forest", {"table": table}, {}, context)["model"]
    assert model.verdict.state is State.TOO_GOOD
    assert [one.code for one in model.verdict.caveats] == [code]
    says = "says the same as" if code == "leak_equal" else "alone nearly gives"
    assert f"“{name}” {says} “left”." in model.verdict.message
    assert "of the rows right against 0." in model.verdict.message
    assert [one.code for one in deploy_warnings(model.verdict.to_json())] == ["too_good_to_be_true"]


def test_a_monotone_copy_of_a_number_is_named():
    y = np.exp(RANDOM.normal(10, 1, 300))
    columns = {"tax": ("number", np.log(y).tolist()), "y": ("number", y.tolist())}
    verdict = learned(columns, "y", node="model.forest").verdict
    assert verdict.state is State.TOO_GOOD
    assert [one.code for one in verdict.caveats] == ["leak_ordered"]


def test_three_positives_in_three_hundred_rows_are_too_few():
    columns = churn(300)
    columns["left"] = ("category", ["yes" if row in {5, 100, 250} else "no" for row in range(300)])
    model = learned(columns, "left")
    assert model.verdict.state is State.GUESSING
    few = next(one for one in model.verdict.caveats if one.code == "few_of_class")
    assert few.message == "Only 1 of the 60 judged rows is “yes”, too few to tell how well it is found."
    codes = [one.code for one in deploy_warnings(model.verdict.to_json())]
    assert codes == ["no_better_than_guessing", "few_of_class"]


def test_few_judged_rows_and_rows_without_a_target_are_said():
    columns = churn(130)
    columns["left"] = ("category", [None if row < 30 else value for row, value in enumerate(columns["left"][1])])
    verdict = learned(columns, "left", split=0.2).verdict
    said = {one.code: one.message for one in verdict.caveats}
    assert said["few_rows"] == f"Judged on only {verdict.rows} rows: other rows may give quite another result."
    assert said["rows_dropped"] == "30 rows without a value of “left” were left out, in training and here."
    assert verdict.dropped == 30


def test_a_model_judged_on_its_own_rows_is_not_tested():
    verdict = learned(churn(), "left", split=False, node="model.forest").verdict
    assert verdict.state is State.WEAK
    assert verdict.message.startswith("Not tested: right in ")
    assert [one.code for one in verdict.caveats] == ["no_held_out_rows"]


def test_ids_in_order_dates_under_a_random_split_and_twins_are_caveats():
    columns = {
        "id": ("integer", list(range(1000, 1600))),
        "day": ("date", [np.datetime64("2024-01-01") + row for row in range(600)]),
        **churn(),
    }
    verdict = learned(columns, "left").verdict
    assert {one.code for one in verdict.caveats} == {"counts_rows", "date_under_random_split"}
    assert verdict.state is State.UNPROVEN
    assert verdict.message.startswith("Not proven: finds ")
    assert [one.code for one in deploy_warnings(verdict.to_json())] == ["date_under_random_split"]
    born = {"date_of_birth" if name == "day" else name: values for name, values in columns.items()}
    assert {one.code for one in learned(born, "left").verdict.caveats} == {"counts_rows"}
    twice = {name: (kind, values[:300] * 2) for name, (kind, values) in churn().items()}
    codes = {one.code for one in learned(twice, "left").verdict.caveats}
    assert codes == {"duplicates_across_split"}


def test_few_copies_of_training_rows_are_said_and_asked_about():
    few = {name: (kind, [*values, *values[:30]]) for name, (kind, values) in churn(1000).items()}
    verdict = learned(few, "left").verdict
    assert [one.code for one in verdict.caveats] == ["few_duplicates_across_split"]
    assert verdict.state in {State.USEFUL, State.EXCELLENT}
    assert [one.code for one in deploy_warnings(verdict.to_json())] == ["few_duplicates_across_split"]
    coarse = {
        name: (kind, np.round(np.asarray(values)).tolist()) if kind == "number" else (kind, values)
        for name, (kind, values) in churn(1000).items()
    }
    assert learned(coarse, "left").verdict.caveats == ()


def test_evaluate_says_the_same_with_the_leaks_of_training():
    columns = churn()
    columns["months"] = ("number", [0.0 if y == "yes" else 1.0 for y in columns["left"][1]])
    model = learned(columns, "left", node="model.forest")
    evaluated = run("evaluate.evaluate", {"model": model}, {"has_importance": False}, ListContext())["metrics"]
    assert evaluated.verdict == model.verdict


def test_a_verdict_is_stored_with_model_and_metrics(tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "0" * 32)
    store = Store(str(tmp_path))
    model = learned(churn(), "left")
    metrics = run("evaluate.evaluate", {"model": model}, {"has_importance": False}, ListContext())["metrics"]
    for value in (model, metrics):
        stored = store.put(value)
        assert stored.summary["verdict"]["state"] == model.verdict.state
        again = store.get(stored.digest).verdict
        assert again == value.verdict
        assert again.message.id == value.verdict.message.id


def test_a_result_stored_without_a_verdict_is_judged_by_its_scores():
    old = {"task": "regression", "target": "y", "metrics": {"r2": 0.75, "rmse": 10.0, "baseline_rmse": 20.0}}
    assert verdict_of(old)["message"] == "Good: error 10; always answering the mean has 20 (R² 0.75)."
    poor = {"values": {"accuracy": 0.22, "baseline_accuracy": 0.19, "auc": 0.52}}
    assert verdict_of(poor)["message"] == (
        "Hardly better than always answering what is commonest: 0.22 against 0.19, which may be chance."
    )
    assert verdict_of({"task": "regression", "metrics": {"r2": 0.9}}) is None
    assert verdict_of({}) is None


def test_worse_than_the_mean_is_guessing_and_perfect_on_many_rows_is_too_good():
    worse = judge(Judged("regression", "y", {"r2": -1.6, "rmse": 16.0, "baseline_rmse": 10.0}, "test", 500))
    assert worse.message == "No better than always answering the mean: error 16 against 10 (R² −1.60)."
    scores = {"accuracy": 1.0, "baseline_accuracy": 0.6, "auc": 1.0}
    rows = {"no": 180, "yes": 120}
    perfect = judge(Judged("classification", "y", scores, "test", 300, 0, rows, "no", 1.0, 1.0))
    assert perfect.state is State.TOO_GOOD
    assert perfect.message.startswith("Too good to be true: 1.00 of the rows right against 0.60 by guessing.")
    few = judge(Judged("classification", "y", scores, "test", 30, 0, {"no": 18, "yes": 12}, "no", 1.0, 1.0))
    assert few.state is State.EXCELLENT


def test_a_class_that_is_never_answered_makes_a_model_weak():
    scores = {"accuracy": 0.94, "baseline_accuracy": 0.94, "auc": 0.76}
    rows = {"no": 940, "caravan": 60}
    verdict = judge(Judged("classification", "y", scores, "test", 1000, 0, rows, "no", 0.0, None))
    assert verdict.message == (
        "Weak: never answers “caravan”, though it ranks the rows better than chance (ROC AUC 0.76). Lower the "
        "threshold."
    )


@pytest.mark.parametrize("code", ["date_under_random_split", "duplicates_across_split", "groups_across_split"])
@pytest.mark.parametrize("auc", [0.97, 0.8])
def test_no_score_is_good_where_the_split_leaks(code, auc):
    scores = {"accuracy": 0.9, "baseline_accuracy": 0.6, "auc": auc}
    judged = Judged("classification", "y", scores, "test", 300, 0, {"no": 180, "yes": 120}, "no", 0.9, 0.9, 0.5)
    verdict = judge(judged, (Caveat(code, "The split leaks."),))
    assert verdict.state is State.UNPROVEN
    assert [one.code for one in deploy_warnings(verdict.to_json())] == [code]
    assert judge(judged).state in {State.USEFUL, State.EXCELLENT}


def test_a_score_below_the_baseline_is_guessing_though_the_rows_are_well_ordered():
    rows = {"a": 256, "b": 248, "c": 248, "d": 248}
    scores = {"accuracy": 0.25, "baseline_accuracy": 0.256, "auc": 0.7}
    verdict = judge(Judged("classification", "y", scores, "test", 1000, 0, rows, "a"))
    assert verdict.state is State.GUESSING
    assert [one.code for one in deploy_warnings(verdict.to_json())] == ["no_better_than_guessing"]


def test_answers_of_the_positive_class_no_surer_than_its_share_are_guessing():
    scores = {"accuracy": 0.6, "baseline_accuracy": 0.7, "auc": 0.7}
    rows = {"no": 700, "yes": 300}
    judged = Judged("classification", "y", scores, "test", 1000, 0, rows, "no", 0.3, 0.3, 0.5)
    assert judge(judged).state is State.GUESSING


def test_a_score_above_the_baseline_on_few_rows_may_be_chance():
    scores = {"accuracy": 0.5, "baseline_accuracy": 0.25, "auc": 0.6}
    few = Judged("classification", "y", scores, "test", 8, 0, {"no": 6, "yes": 2}, "no", 0.5, 0.2, 0.5)
    assert judge(few).message == (
        "Not surely better than always answering “no”: 0.50 against 0.25, which may be chance on 8 rows."
    )
    numbers = {"rmse": 9.0, "baseline_rmse": 10.0, "r2": 0.19}
    assert judge(Judged("regression", "y", numbers, "test", 8)).message == (
        "Not surely better than always answering the mean: error 9 against 10, which may be chance on 8 rows."
    )


def two_classes(no, yes, *, found, right, auc, threshold=0.5, learned_rows=None):
    rows = no + yes
    answered = found * yes / right
    accuracy = (found * yes + no - answered * (1 - right)) / rows
    scores = {"accuracy": accuracy, "baseline_accuracy": max(no, yes) / rows, "auc": auc}
    return Judged(
        *("classification", "left", scores, "test", rows),
        class_rows={"no": no, "yes": yes},
        common="no",
        found=found,
        right=right,
        threshold=threshold,
        learned_rows=learned_rows or {},
    )


def test_a_threshold_at_which_nearly_every_row_is_answered_alike_is_guessing_however_well_the_rows_are_ordered():
    verdict = judge(two_classes(341, 311, found=1.0, right=311 / 631, auc=0.886, threshold=0.079))
    assert verdict.state is State.GUESSING
    assert str(verdict.message) == (
        "No better than guessing: “yes” is answered for 97 of 100 rows, and 48 of 100 are. It orders the rows well "
        "(ROC AUC 0.89), so another threshold would answer better."
    )
    assert [one.code for one in deploy_warnings(verdict.to_json())] == ["no_better_than_guessing"]


def test_a_rare_class_of_which_few_are_found_surely_or_many_among_others_is_not_guessing():
    assert judge(two_classes(9950, 50, found=0.08, right=0.5, auc=0.8)).state is State.WEAK
    assert judge(two_classes(9950, 50, found=0.9, right=0.05, auc=0.95)).state is State.WEAK
    assert judge(two_classes(500, 500, found=0.9, right=0.5625, auc=0.7)).state is State.WEAK
    assert judge(two_classes(800, 200, found=0.7, right=0.6, auc=0.85)).state is State.USEFUL


def test_a_target_that_is_another_in_the_judged_rows_is_said():
    judged = two_classes(341, 311, found=0.7, right=0.75, auc=0.85, learned_rows={"no": 2190, "yes": 415})
    (caveat,) = judge(judged).caveats
    assert (caveat.code, str(caveat.message)) == (
        "target_shifted",
        "48 of 100 of the rows it was judged on are “yes”, and 16 of 100 of those it learned from: what it learned may "
        "be of another time.",
    )
    alike = two_classes(341, 311, found=0.7, right=0.75, auc=0.85, learned_rows={"no": 1350, "yes": 1255})
    assert judge(alike).caveats == ()


def test_numbers_whose_mean_has_moved_are_said():
    rows = 400
    days = [np.datetime64("2024-01-01") + row for row in range(rows)]
    level = np.where(np.arange(rows) < 300, 10.0, 40.0) + RANDOM.normal(0, 2, rows)
    columns = {
        "day": ("date", days),
        "noise": ("number", RANDOM.normal(size=rows).tolist()),
        "level": ("number", level.tolist()),
    }
    by_day = {"method": "time", "by": "day"}
    table = run("split.split", {"table": table_of(columns, target="level")}, by_day, ListContext())["table"]
    model = run("model.linear", {"table": table}, {}, ListContext())["model"]
    (said,) = [str(one.message) for one in model.verdict.caveats if one.code == "target_shifted"]
    assert said.startswith("The mean of “level” is 40")


@pytest.mark.parametrize(
    ("class_rows", "code"),
    [
        ({"a": 160, "b": 150, "c": 164, "d": 6}, "rare_class"),
        ({"a": 460, "b": 14, "c": 6}, "rare_class"),
        ({"a": 470, "b": 4, "c": 6}, "few_of_class"),
        ({"a": 474, "b": 6}, "few_of_class"),
    ],
)
def test_a_rare_class_among_many_is_said_and_asks_nothing_at_a_deploy(class_rows, code):
    scores = {"accuracy": 0.97, "baseline_accuracy": 0.4}
    judged = Judged("classification", "queue", scores, "test", 480, class_rows=class_rows, common="a")
    verdict = judge(judged)
    assert [one.code for one in verdict.caveats] == [code]
    assert [one.code for one in deploy_warnings(verdict.to_json())] == ([code] if code == "few_of_class" else [])
