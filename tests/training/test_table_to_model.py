"""From a table to a model: what is chosen, what is refused, what an endpoint will ask for."""

from importlib.metadata import version

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.model import Task
from tasks.contract.registry import node_class
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Partition
from tasks.inference.packaging import package, raw_rows
from tasks.inference.program import Program
from tasks.training.columns import check_columns, choose_features, decide_task
from tasks.training.training_data import TargetChoice, prepare
from tests.contexts import ListContext
from tests.tables import mixed, ready, table_of


def numbers(rows=100, **more):
    random = np.random.default_rng(0)
    columns = {"a": ("number", random.normal(size=rows).tolist()), "y": ("number", random.normal(size=rows).tolist())}
    return table_of({**columns, **more}, target="y")


def fitted(table, node="model.linear", context=None, **params):
    cls = node_class(node)
    return cls.run(cls.Inputs(table), cls.Params(**params), context or ListContext()).model


def test_categories_are_sent_to_the_encoder():
    with pytest.raises(NodeError, match="“city” holds categories") as caught:
        prepare(numbers(city=("category", ["a"] * 100)), ListContext())
    assert caught.value.fix == "features.encode"


def test_gaps_are_sent_to_the_imputer_by_models_that_cannot_take_them():
    table = numbers(b=("number", [None, *[1.0] * 99]))
    with pytest.raises(NodeError, match="missing in “b”") as caught:
        prepare(table, ListContext())
    assert caught.value.fix == "clean.impute"
    assert np.isnan(prepare(table, ListContext(), accepts_missing=True).matrix).sum() == 1


def test_infinite_values_are_refused_by_name():
    with pytest.raises(NodeError, match="“b” holds infinite values"):
        prepare(numbers(b=("number", [float("inf"), *[1.0] * 99])), ListContext(), accepts_missing=True)


def test_text_and_dates_are_left_out_and_said():
    context = ListContext()
    made = prepare(numbers(note=("text", ["x"] * 100), day=("date", ["2026-01-01"] * 100)), context)
    assert made.features == ("a",)
    (line,) = context.logs
    assert line == "Left out, since a model learns from numbers: “note”, “day”."
    assert (line.id, line.params["columns"].shown) == ("log.columns_left_out", ["note", "day"])


@pytest.mark.parametrize("role", ["id", "ignore", "weight", "group", "time"])
def test_only_features_are_learned_from(role):
    table = table_of(
        {"a": ("number", [1.0, 2.0, 3.0]), "k": ("number", [1.0, 2.0, 3.0]), "y": ("number", [1.0, 2.0, 4.0])},
        target="y",
        roles={"k": role},
    )
    assert prepare(table, ListContext()).features == ("a",)


def test_rows_without_a_target_are_dropped_and_said():
    values = [None, None, *range(98)]
    context = ListContext()
    made = prepare(numbers(y=("number", values)), context)
    assert made.table.rows == len(made.truth) == 98
    (line,) = context.logs
    assert line == "2 rows without a value of “y” were dropped."
    assert (line.id, line.params) == ("log.rows_without_target", {"count": 2, "column": "y"})


def test_one_row_without_a_target_is_said_in_the_singular():
    context = ListContext()
    prepare(numbers(y=("number", [None, *range(99)])), context)
    assert context.logs == ["1 row without a value of “y” was dropped."]


def test_another_target_can_be_chosen():
    made = prepare(numbers(b=("number", [1.0] * 100)), ListContext(), TargetChoice("a"))
    assert made.target.name == "a"
    assert made.features == ("b",)  # the column marked as target is no feature even when another is predicted


@pytest.mark.parametrize(
    ("kind", "values", "asked", "task"),
    [
        ("number", [0.5, 1.5], "auto", "regression"),
        ("number", [0.0, 1.0], "auto", "regression"),
        ("integer", [3, 9], "auto", "classification"),
        ("integer", [0, 1], "auto", "classification"),
        ("boolean", [0, 1], "auto", "classification"),
        ("category", ["a", "b"], "auto", "classification"),
        ("integer", [3, 9], "classification", "classification"),
        ("boolean", [0, 1], "regression", "regression"),
    ],
)
def test_the_task_follows_from_the_target_unless_it_is_chosen(kind, values, asked, task):
    table = table_of({"a": ("number", [1.0, 2.0] * 5), "y": (kind, values * 5)}, target="y")
    assert prepare(table, ListContext(), TargetChoice(task=asked)).task is Task(task)


def test_a_category_cannot_be_predicted_as_a_number():
    with pytest.raises(NodeError, match="cannot be predicted as a number"):
        decide_task(Column(name="y", type=ColumnType.CATEGORY), "regression")


@pytest.mark.parametrize("kind", [ColumnType.TEXT, ColumnType.DATE])
def test_text_and_dates_cannot_be_predicted(kind):
    with pytest.raises(NodeError, match="cannot be predicted"):
        decide_task(Column(name="y", type=kind), "auto")


def test_classes_are_sorted_and_named():
    table = table_of({"a": ("number", [1.0, 2.0, 3.0, 4.0]), "y": ("category", ["b", "a", "c", "a"])}, target="y")
    made = prepare(table, ListContext())
    assert made.classes == ("a", "b", "c")
    assert made.truth.tolist() == [1, 0, 2, 0]


def test_numbers_as_classes_are_sorted_as_numbers():
    table = table_of({"a": ("number", [1.0] * 4), "y": ("integer", [10, 9, 2, 10])}, target="y")
    assert prepare(table, ListContext(), TargetChoice(task="classification")).classes == ("2", "9", "10")


def test_mistakes_show_while_drawing():
    schema = mixed().schema
    with pytest.raises(NodeError, match="city"):
        check_columns({"table": schema}, target="", task="auto")
    with pytest.raises(NodeError, match="no column “prize”"):
        check_columns({"table": schema}, target="prize", task="auto")
    with pytest.raises(NodeError, match="role target"):
        check_columns({"table": Schema.of([Column(name="a", type=ColumnType.NUMBER)])}, target="", task="auto")
    check_columns({"table": None}, target="", task="auto")
    check_columns({"table": Schema(is_open=True)}, target="", task="auto")
    check_columns({"table": ready().schema}, target="", task="auto")


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(NodeError, match="no column of numbers"):
        choose_features(Schema.of([Column(name="y", type=ColumnType.NUMBER)]), "y")


def test_watched_rows_are_the_validation_rows_where_there_are_some():
    table = ready(400).split(np.arange(400) % 3)
    fitted_rows, watched = prepare(table, ListContext()).watched(0)
    assert (watched == table.mask(Partition.VALID)).all()
    assert (fitted_rows == table.training_mask).all()


def test_otherwise_a_share_of_the_training_rows_is_put_aside_and_never_a_test_row():
    table = ready(1000, target="bought").split(np.where(np.arange(1000) % 4 == 0, Partition.TEST, Partition.TRAIN))
    made = prepare(table, ListContext())
    fitted_rows, watched = made.watched(0)
    assert not (fitted_rows & watched).any()
    assert ((fitted_rows | watched) == table.training_mask).all()
    assert watched.sum() == pytest.approx(750 / 7, abs=2)
    assert made.truth[watched].mean() == pytest.approx(made.truth[table.training_mask].mean(), abs=0.01)
    assert (made.watched(0)[1] == watched).all()


def test_rows_are_put_aside_as_the_split_divided_them():
    """Whole groups, or the newest rows: otherwise training would stop by rows it knows already."""
    numbers = [float(n) for n in range(1000)]
    columns = {"by": ("number", [n % 50 for n in numbers]), "y": ("number", numbers)}
    for role in ("group", "time"):
        table = table_of({**columns, "x": columns["y"]}, target="y", roles={"by": role})
        made = invoke(node_class("split.split"), {"table": table}, node_class("split.split").Params(), ListContext())
        learned, watched = prepare(made["table"], ListContext()).watched(0)
        seen, aside = (set(table.columns["by"][mask].tolist()) for mask in (learned, watched))
        assert 80 < watched.sum() < 150
        assert not seen & aside
        assert role == "group" or max(seen) < min(aside)


def test_a_class_is_never_put_aside_entirely():
    kinds = ["rare" if n == 5 else "ab"[n % 2] for n in range(400)]
    table = table_of({"x": ("number", list(range(400))), "kind": ("category", kinds)}, target="kind")
    for seed in range(10):
        made = prepare(table, ListContext())
        learned, watched = made.watched(seed)
        assert set(made.truth[learned]) == {0, 1, 2}
        assert watched.any()


def weighted(weights, target="number"):
    """A line with slope 1 and, where the weight is 0, rows that say something else."""
    x = [float(n % 20) for n in range(len(weights))]
    y = [value if weight else 100 - value for value, weight in zip(x, weights, strict=True)]
    if target != "number":
        y = ["up" if value > 9.5 else "down" for value in y]
    columns = {"x": ("number", x), "weight": ("number", weights), "y": (target, y)}
    return table_of(columns, target="y", roles={"weight": "weight"})


LEARNERS = {
    "model.linear": {},
    "model.forest": {},
    "model.boosting": {"n_estimators": 200},
    "model.neural": {"epochs": 40},
}


@pytest.mark.parametrize("target", ["number", "category"])
@pytest.mark.parametrize("node", LEARNERS)
def test_rows_count_by_the_column_marked_as_weight(node, target, tmp_path):
    table = weighted([1.0, 0.0, 2.0, 0.0] * 100, target)
    model = fitted(table, node, ListContext(workspace_path=tmp_path), **LEARNERS[node])
    assert "weight" not in model.raw_schema
    score = model.metrics["r2" if target == "number" else "accuracy"]
    assert score > 0.95  # rows without weight do not count in the score either


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1.0, None] * 10, "10 values of the weight “weight” are missing, negative or infinite"),
        ([1.0, -1.0] * 10, "negative"),
        ([0.0, 0.0] * 10, "weight 0"),
    ],
)
def test_weights_that_are_none_are_refused(values, says):
    columns = {name: ("number", [float(n) for n in range(20)]) for name in "xy"}
    table = table_of({**columns, "weight": ("number", values)}, target="y", roles={"weight": "weight"})
    with pytest.raises(NodeError, match=says):
        prepare(table, ListContext())


def test_balanced_weights_equal_the_librarys():
    from sklearn.utils.class_weight import compute_sample_weight

    table = table_of({"x": ("number", list(range(30))), "kind": ("category", ["a"] * 20 + ["b"] * 10)}, target="kind")
    made = prepare(table, ListContext())
    weights = made.weights(is_balanced=True, rows=np.ones(30, dtype=bool))
    assert weights == pytest.approx(compute_sample_weight("balanced", made.truth))


def test_the_threshold_reaches_the_scores_and_the_endpoint(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    table = ready(400, target="bought").split(np.where(np.arange(400) % 4 == 0, Partition.TEST, Partition.TRAIN))
    usual, strict = fitted(table), fitted(table, threshold=0.97)
    assert strict.metrics["f1"] < usual.metrics["f1"]
    assert strict.metrics["auc"] == usual.metrics["auc"]
    rows = raw_rows(strict.raw_schema, strict.held_out.columns)
    answers = []
    for model in (usual, strict):
        packed = package(model, "threshold", ListContext())
        answers.append(Program.load(packed.program, packed.files).predict_rows(rows).predictions)
    expected = np.where(strict.expected[:, 1] >= 0.97, "yes", "no").tolist()
    assert answers[1] == expected != answers[0]


def prepared_by_nodes(table):
    context = ListContext()
    for name in ("split.split", "clean.impute", "features.encode"):
        cls = node_class(name)
        table = invoke(cls, {"table": table}, cls.Params(), context)["table"]
    return table


def test_the_endpoint_asks_for_raw_columns_that_matter_and_says_which_may_be_null():
    model = fitted(prepared_by_nodes(mixed(300)))
    asked = {column.name: column.nullable for column in model.raw_schema.each()}
    assert asked == {"area": True, "rooms": True, "city": True, "garden": True}
    assert model.raw_schema.column("city").categories == ("Bergen", "Oslo", "Tromsø")


def test_a_gap_that_is_flagged_or_no_outlier_can_be_answered():
    """Columns that note gaps and outliers are there where the value is not."""
    columns = {"x": ("number", [None if n % 9 == 0 else float(n) for n in range(200)])}
    table = table_of({**columns, "y": ("number", [float(n % 7) for n in range(200)])}, target="y")
    for node, params in (
        ("split.split", {}),
        ("clean.outliers", {"action": "flag"}),
        ("clean.impute", {"add_indicator": True}),
    ):
        cls = node_class(node)
        table = invoke(cls, {"table": table}, cls.Params(**params), ListContext())["table"]
    model = fitted(table)
    assert model.features == ("x", "x_is_outlier", "x_was_missing")
    assert model.raw_schema.column("x").nullable
    assert package(model, "gaps", ListContext()).parity["rows"] > 0


def test_without_an_imputer_a_gap_cannot_be_answered():
    model = fitted(ready())
    assert {column.nullable for column in model.raw_schema.each()} == {False}
    assert {column.nullable for column in fitted(ready(), "model.boosting").raw_schema.each()} == {True}


def test_held_out_rows_are_raw_rows_the_fit_never_saw():
    table = prepared_by_nodes(mixed(300))
    model = fitted(table)
    training = set(table.row_ids[table.training_mask].tolist())
    assert len(model.held_out.row_ids)
    assert not training & set(model.held_out.row_ids.tolist())
    assert set(model.held_out.columns) == set(model.raw_schema.names)
    assert model.scored_on == "test"


def test_without_a_split_the_model_is_scored_on_what_it_was_trained_on_and_says_so():
    model = fitted(ready())
    assert model.scored_on == "train"
    assert len(model.held_out.row_ids) == len(model.expected) == ready().rows


def test_scores_stand_beside_what_a_guess_would_reach():
    table = ready().split(np.where(np.arange(120) % 4 == 0, Partition.TEST, Partition.TRAIN))
    truth = table.columns["price"][table.mask(Partition.TEST)]
    guess = table.training("price").mean()
    assert fitted(table).metrics["baseline_rmse"] == pytest.approx(np.sqrt(np.mean((truth - guess) ** 2)))


@pytest.mark.parametrize("node", ["model.linear", "model.forest", "model.boosting", "model.neural"])
def test_a_class_that_no_training_row_has_is_left_out_of_the_scores_and_said(node, tmp_path):
    random = np.random.default_rng(0)
    names = ["a", "b", "c"] * 40 + ["d"] * 2
    table = table_of({"x": ("number", random.normal(size=122).tolist()), "y": ("category", names)}, target="y")
    context = ListContext(workspace_path=tmp_path)
    model = fitted(table.split(np.where(np.arange(122) >= 90, Partition.TEST, Partition.TRAIN)), node, context)
    assert model.classes == ("a", "b", "c")
    assert model.expected.shape[1] == 3
    (line,) = (line for line in context.logs if "no training row" in line)
    assert line == "2 rows were left out: no training row is of class “d”."
    assert (line.id, line.params["classes"].shown) == ("log.rows_of_unknown_class", ["d"])


def test_one_class_only_cannot_be_learned():
    with pytest.raises(NodeError, match="no classes to distinguish"):
        fitted(table_of({"a": ("number", [1.0, 2.0, 3.0]), "y": ("category", ["x"] * 3)}, target="y"))


@pytest.mark.parametrize(
    ("node", "library"),
    [
        ("model.boosting", "lightgbm"),
        ("model.neural", "torch"),
        ("model.forest", "scikit-learn"),
        ("model.linear", "scikit-learn"),
    ],
)
def test_a_model_says_with_which_version_of_its_own_library_it_was_made(node, library):
    params = {"epochs": 1} if node == "model.neural" else {}
    made = fitted(numbers(60), node, **params)
    assert made.lineage[library] == version(library)
    assert {"seed", "python", "numpy"} <= set(made.lineage)
    program = package(made, "House prices", ListContext()).program
    assert program["lineage"] == made.lineage
    assert program["learner_params"] == dict(made.learner.params)


def test_an_endpoint_knows_the_dates_of_training_and_warns_of_others_far_away():
    days = [None, *(np.datetime64("2024-01-01") + day for day in range(99))]
    table = numbers(day=("date", days))
    dates = node_class("features.dates")
    taken_apart = invoke(dates, {"table": table}, dates.Params(), ListContext())["table"]
    packed = package(fitted(taken_apart, "model.boosting"), "dates", ListContext())
    program = Program.load(packed.program, packed.files)
    assert program.predict_rows([{"a": 0.5, "day": "2024-05-01"}]).warnings == []
    for row in ([{"a": 0.5, "day": "2030-05-01"}], [{"a": 0.5, "day": "2030-05-01"}] * 20):
        (warning,) = program.predict_rows(row).warnings
        assert "2030-05-01 lies far outside the values of training (2024-01-01 to 2024-04-08)" in warning
