"""Programs: a package is loaded and answers; what cannot be repeated or trusted is refused."""

import json
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from tasks.artifacts.errors import ArtifactDamaged
from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.schema import Schema
from tasks.contract.transform import Transform, transform
from tasks.inference.estimators import SklearnEstimator
from tasks.inference.packaging import package, raw_rows
from tasks.inference.program import Program
from tasks.inference.rows import RawReader
from tasks.nodes.features.scale.node import Scaled
from tests.contexts import ListContext
from tests.tables import mixed, table_of


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")


def run(node, context, **inputs):
    cls = node_class(node)
    return next(iter(invoke(cls, inputs, cls.Params(), context).values()))


def trained(target="price", node="model.linear"):
    """Return a model behind impute, encode and split, as people draw it."""
    context = ListContext()
    table = run("split.split", context, table=mixed(300, target=target))
    for step in ("clean.impute", "features.encode"):
        table = run(step, context, table=table)
    return run(node, context, table=table)


def packed(model):
    return package(model, "houses", ListContext())


def loaded(made):
    manifest = json.loads(json.dumps(made.program, allow_nan=False))
    return Program.load(manifest, made.files)


@pytest.mark.parametrize("target", ["price", "bought"])
def test_raw_rows_with_gaps_go_all_the_way(target):
    model = trained(target)
    made = packed(model)
    program = loaded(made)
    row = {"area": 50.0, "rooms": None, "city": "Oslo", "garden": False}
    answer = program.predict_rows([{**row, "built": None}] if "built" in program.raw_schema else [row])
    assert len(answer.predictions) == 1
    assert made.parity["rows"] == len(model.held_out.row_ids)
    assert made.parity["largest_difference"] <= made.parity["tolerance"]
    if target == "bought":
        assert answer.predictions[0] in ("yes", "no")
        assert sum(answer.probabilities[0].values()) == pytest.approx(1)


def test_the_example_is_a_real_row_that_was_not_trained_on():
    model = trained()
    program = loaded(packed(model))
    ids = {name: model.held_out.columns[name] for name in ("area",)}
    assert program.example["area"] in ids["area"].tolist()
    assert set(program.example) == set(program.raw_schema.names)
    assert program.predict_rows([program.example]).warnings == []


def test_a_package_says_how_its_training_rows_were_spread():
    model = trained("bought")
    spread = packed(model).program["reference"]
    assert set(spread["columns"]) == set(model.raw_schema.names)
    assert spread["rows"] == int(model.training.training_mask.sum())
    assert sum(spread["prediction"]["shares"]) == pytest.approx(1)
    assert set(spread["prediction"]["known"]) == {"yes", "no"}


def test_columns_are_answered_like_rows():
    program = loaded(packed(trained("bought")))
    rows = [program.example, {**program.example, "area": 10.0}]
    by_column = program.predict_columns({name: [row[name] for row in rows] for name in program.raw_schema.names})
    assert by_column == program.predict_rows(rows)


def test_a_folder_is_loaded_like_files(tmp_path):
    made = packed(trained())
    for name, content in made.files.items():
        (tmp_path / name).write_bytes(content)
    example = made.program["example"]
    assert Program.load(made.program, tmp_path).predict_rows([example]) == loaded(made).predict_rows([example])


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [("boolean", [0, 1], {True, False}), ("integer", [3, 7], {3, 7}), ("category", ["a", "b"], {"a", "b"})],
)
def test_classes_are_answered_as_they_stand_in_the_data(kind, values, expected):
    random = np.random.default_rng(0)
    x = random.normal(size=200)
    table = table_of({"x": ("number", x.tolist()), "y": (kind, [values[int(v > 0)] for v in x])}, target="y")
    node = node_class("model.linear")
    model = node.run(node.Inputs(table), node.Params(task="classification"), ListContext()).model
    answers = loaded(packed(model)).predict_rows([{"x": -2.0}, {"x": 2.0}])
    assert set(answers.predictions) == expected
    assert all(type(a) in {type(e) for e in expected} for a in answers.predictions)
    assert set(answers.probabilities[0]) == set(model.classes)


def test_no_rows_are_answered_with_nothing():
    assert loaded(packed(trained())).predict_rows([]).predictions == []


def test_a_model_without_onnx_form_runs_from_its_signed_file():
    from sklearn.neighbors import KNeighborsRegressor

    model = trained()
    matrix = model.training.matrix(model.features)
    estimator = SklearnEstimator(KNeighborsRegressor().fit(matrix, model.training.columns["price"]))
    given = estimator.predict(matrix)
    place = {int(row): at for at, row in enumerate(model.training.row_ids)}
    expected = given[[place[int(row)] for row in model.held_out.row_ids]]
    made = packed(replace(model, estimator=estimator, expected=expected))
    assert made.program["estimator"]["format"] == "native"
    assert loaded(made).predict_rows([made.program["example"]]).predictions
    forged = replace(made, files={"model.joblib": made.files["model.joblib"] + b"!"})
    with pytest.raises(ArtifactDamaged, match="not signed"):
        loaded(forged)


def test_a_model_that_does_not_repeat_training_is_refused_with_the_row():
    model = trained()
    expected = model.expected.copy()
    expected[3] += 1.0
    with pytest.raises(NodeError, match=f"row {model.held_out.row_ids[3] + 1:,} of the data gave"):
        packed(replace(model, expected=expected))


@transform("test.forgetful")
class Forgetful(Transform):
    """Breaks on the first row of many, as a transform does that looks at other rows."""

    @property
    def inputs(self):
        return ("area",)

    @property
    def outputs(self):
        return ("area",)

    def apply(self, columns):
        return {**columns, "area": columns["area"] - columns["area"].mean()}

    def describe(self, schema: Schema) -> Schema:
        return schema


def test_a_transform_that_looks_at_other_rows_is_found_before_it_is_deployed():
    table = mixed(300)
    context = ListContext()
    table = run("split.split", context, table=table)
    table = run("clean.impute", context, table=table).apply(Forgetful())
    model = run("model.linear", context, table=run("features.encode", context, table=table))
    with pytest.raises(NodeError, match="would not answer as in training") as refused:
        packed(model)
    first = model.held_out.row_ids[0] + 1
    assert f"row {first:,} of the data gave" in refused.value.message
    assert "“Forgetful” of tests.inference.test_program, which makes “area”" in refused.value.message
    assert "in training and 0 in the endpoint" in refused.value.message


@transform("test.weighted_area")
class WeightedArea(Transform):
    """Holds what it learned as an array."""

    weights: np.ndarray
    inputs = outputs = ("area",)

    def apply(self, columns):
        return {**columns, "area": columns["area"] * self.weights.sum()}

    def describe(self, schema: Schema) -> Schema:
        return schema


def test_what_was_learned_as_arrays_lies_beside_the_manifest_of_a_package():
    context = ListContext()
    weights = np.random.default_rng(0).normal(size=1000)
    table = run("clean.impute", context, table=run("split.split", context, table=mixed(300)))
    table = run("features.encode", context, table=table.apply(WeightedArea(weights)))
    model = run("model.linear", context, table=table)
    made = packed(model)
    assert made.program["arrays"] in made.files
    assert len(json.dumps(made.program["steps"])) < 2000
    program = loaded(made)
    assert WeightedArea(weights) in program.transforms
    assert program.explain_rows([program.example])[0].scale == "value"


def test_a_transform_that_differs_is_called_as_its_node_is_on_the_canvas(monkeypatch):
    table, context = mixed(300), ListContext()
    for node in ("split.split", "clean.impute", "features.encode", "features.scale"):
        table = run(node, context, table=table)
    model = run("model.linear", context, table=table)
    as_trained = Scaled.apply

    def apart(transform, columns):
        made = as_trained(transform, columns)
        is_few = len(made["area"]) < 5
        return {**made, "area": made["area"] + 0.5} if is_few else made

    monkeypatch.setattr(Scaled, "apply", apart)
    monkeypatch.setattr(Scaled, "supports_single_row", False)
    with pytest.raises(NodeError, match="would not answer as in training") as refused:
        packed(model)
    assert "“Scale numbers” (features.scale), which makes" in refused.value.message


def test_a_row_that_differs_only_when_it_is_alone_is_found_too():
    """Where all rows are held out, a transform that looks at the others gives in a batch what it gave in training."""
    context = ListContext()
    table = run("clean.impute", context, table=mixed(300)).apply(Forgetful())
    model = run("model.linear", context, table=run("features.encode", context, table=table))
    with pytest.raises(NodeError, match="“Forgetful”"):
        packed(model)


def test_values_that_no_transform_made_are_named_with_their_column():
    model = trained()
    area = model.training.columns["area"].copy()
    moved = replace(model.training, columns={**model.training.columns, "area": area + 1.0})
    at = {int(row): position for position, row in enumerate(moved.row_ids)}
    matrix = moved.matrix(model.features)[[at[int(row)] for row in model.held_out.row_ids]]
    with pytest.raises(NodeError, match="“area”.*without leaving a transform"):
        packed(replace(model, training=moved, expected=model.estimator.predict(matrix)))


@transform("test.kept_outside")
class KeptOutside(Transform):
    """Adds what its class holds: no field, and so not stored."""

    kept: ClassVar[float] = 0.0
    inputs = outputs = ("area",)

    def apply(self, columns):
        return {**columns, "area": columns["area"] + KeptOutside.kept}

    def describe(self, schema: Schema) -> Schema:
        return schema


def test_state_outside_the_fields_of_a_transform_is_named_as_a_cause(monkeypatch):
    """Another process than that of the run has the fields of a transform and nothing else."""
    context = ListContext()
    monkeypatch.setattr(KeptOutside, "kept", 1000.0)
    table = run("clean.impute", context, table=mixed(300)).apply(KeptOutside())
    model = run("model.linear", context, table=run("features.encode", context, table=table))
    monkeypatch.setattr(KeptOutside, "kept", 0.0)
    with pytest.raises(NodeError, match="its transform keeps state outside its fields, which is lost"):
        packed(model)


def test_a_model_that_answers_otherwise_in_its_other_form_is_said_to():
    model = trained()
    with pytest.raises(NodeError, match="the model itself answers otherwise"):
        packed(replace(model, expected=model.expected + 1.0))


def test_a_program_of_another_form_is_refused():
    made = packed(trained())
    with pytest.raises(ValueError, match="form 99"):
        Program.load({**made.program, "format": 99}, made.files)


def test_dates_are_asked_for_and_shown_as_people_write_them():
    days = [f"2026-01-{day:02}" if day % 3 else None for day in range(1, 29)]
    moments = [f"2026-01-{day:02}T08:30:00" for day in range(1, 29)]
    raw = table_of({"day": ("date", days), "moment": ("date", moments)})
    rows = raw_rows(raw.raw_schema, raw.columns)
    assert rows[0] == {"day": "2026-01-01", "moment": "2026-01-01T08:30:00"}
    assert rows[2]["day"] is None
    columns, _ = RawReader(raw.raw_schema).read(rows)
    for name in ("day", "moment"):
        np.testing.assert_array_equal(columns[name], raw.columns[name])


def test_a_score_that_is_no_number_does_not_break_the_manifest():
    made = packed(replace(trained(), metrics={"r2": float("nan"), "rmse": 1.0}))
    assert json.loads(json.dumps(made.program, allow_nan=False))["metrics"] == {"r2": None, "rmse": 1.0}
