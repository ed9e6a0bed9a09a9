"""Estimators: the native form and ONNX give what training gave, at the thresholds too."""

import numpy as np
import onnxruntime
import pytest

from tasks.contract.predictor import described, estimator_of
from tasks.inference.decision import decide
from tasks.inference.estimators import (
    LightGBMEstimator,
    LinearEstimator,
    NetworkEstimator,
    SklearnEstimator,
)
from tasks.native_libraries import import_lightgbm


def data(classes, rows=600, seed=0):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, 4)) * [1, 1e-3, 1e6, 1]
    score = matrix[:, 0] + (matrix[:, 3] > 0) + random.normal(0, 0.1, rows)
    if classes == 0:
        return matrix, score
    return matrix, np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


def run_onnx(content, matrix):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(matrix)})[0]


def assert_alike(estimator, matrix, tolerance):
    expected = estimator.predict(matrix)
    given = run_onnx(estimator.to_onnx(matrix.shape[1]), matrix).reshape(expected.shape)
    np.testing.assert_allclose(given, expected, rtol=tolerance, atol=tolerance)
    again = estimator_of(described(estimator), dict(estimator.files()))
    np.testing.assert_array_equal(again.predict(matrix), expected)


def forest(kind, classes, matrix, truth):
    from sklearn import ensemble

    cls = getattr(ensemble, f"{kind}{'Classifier' if classes else 'Regressor'}")
    return cls(n_estimators=15, random_state=0).fit(matrix, truth)


def lightgbm_model(classes, matrix, truth, **settings):
    lightgbm = import_lightgbm()

    objective = ["regression", None, "binary", "multiclass"][min(classes, 3)]
    extra = {"num_class": classes} if classes > 2 else {}
    booster = lightgbm.train(
        {"objective": objective, "verbosity": -1, "num_threads": 1, **extra, **settings},
        lightgbm.Dataset(matrix, truth, params={"verbosity": -1}),
        20,
    )
    link = ["identity", None, "sigmoid", "softmax"][min(classes, 3)]
    return LightGBMEstimator(booster.model_to_string(), link), booster


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("kind", ["RandomForest", "ExtraTrees"])
def test_forest_in_onnx_goes_the_same_way_at_every_threshold(kind, classes):
    """Each threshold, and the next numbers beside it in double and in single precision, go through both."""
    matrix, truth = data(classes)
    model = forest(kind, classes, matrix, truth)
    at = np.concatenate([tree.tree_.threshold[tree.tree_.feature == 0] for tree in model.estimators_])
    near = np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), at.astype(np.float32)])
    probe = np.tile(matrix[:1], (len(near), 1))
    probe[:, 0] = near
    assert_alike(SklearnEstimator(model), np.vstack([matrix, probe]), 2e-7)


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_forest_takes_missing_values_the_same_way(classes):
    matrix, truth = data(classes)
    matrix[::7, 0] = np.nan
    model = forest("RandomForest", classes, matrix, truth)
    probe = matrix.copy()
    probe[::5, 3] = np.nan
    assert_alike(SklearnEstimator(model), probe, 2e-7)


@pytest.mark.parametrize("classes", [0, 2, 4])
def test_boosted_trees_in_onnx_go_the_same_way_at_every_threshold(classes):
    matrix, truth = data(classes)
    estimator, booster = lightgbm_model(classes, matrix, truth)
    splits = booster.trees_to_dataframe()
    at = splits.loc[splits.split_feature == "Column_0", "threshold"].to_numpy()
    near = np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)])
    probe = np.tile(matrix[:1], (len(near), 1))
    probe[:, 0] = near
    assert_alike(estimator, np.vstack([matrix, probe]), 1e-6)


@pytest.mark.parametrize("settings", [{}, {"use_missing": False}])
def test_boosted_trees_take_missing_values_the_same_way(settings):
    matrix, truth = data(2)
    matrix[::6, 0] = np.nan
    estimator, _ = lightgbm_model(2, matrix, truth, **settings)
    probe = matrix.copy()
    probe[::5, 3] = np.nan
    probe[::4, 1] = 0.0
    assert_alike(estimator, probe, 1e-6)


def test_a_tree_of_one_leaf_converts():
    estimator, _ = lightgbm_model(0, np.zeros((50, 2)), np.arange(50.0))
    assert_alike(estimator, np.zeros((3, 2)), 1e-6)


@pytest.mark.parametrize(("link", "outputs"), [("identity", 1), ("sigmoid", 1), ("softmax", 3)])
def test_linear_models_are_exact_in_double(link, outputs):
    random = np.random.default_rng(0)
    estimator = LinearEstimator(random.normal(size=(4, outputs)), random.normal(size=outputs), link)
    assert_alike(estimator, data(0)[0] / [1, 1e-3, 1e6, 1], 1e-13)


@pytest.mark.parametrize("activation", ["relu", "silu"])
@pytest.mark.parametrize(("link", "outputs"), [("identity", 1), ("sigmoid", 1), ("softmax", 3)])
def test_networks_repeat_in_single_precision(activation, link, outputs):
    random = np.random.default_rng(0)
    sizes = [(4, 32), (32, 16), (16, outputs)]
    layers = tuple(
        (random.normal(size=s).astype(np.float32) / 4, random.normal(size=s[1]).astype(np.float32)) for s in sizes
    )
    estimator = NetworkEstimator(layers, activation, np.ones(4), np.array([1, 1e-3, 1e6, 1]), link)
    assert_alike(estimator, data(0)[0], 1e-5)


def test_another_estimator_of_the_library_has_no_onnx_form_but_a_native_one():
    from sklearn.neighbors import KNeighborsRegressor

    matrix, truth = data(0)
    estimator = SklearnEstimator(KNeighborsRegressor().fit(matrix, truth))
    assert estimator.to_onnx(4) is None
    np.testing.assert_array_equal(SklearnEstimator.load(estimator.files()).predict(matrix), estimator.predict(matrix))


def test_the_second_class_is_answered_from_the_threshold_on():
    second = np.array([0.29, 0.3 - 1e-9, 0.3, 0.31])
    assert decide(np.column_stack([1 - second, second]), 0.3).tolist() == [0, 1, 1, 1]


def test_the_first_of_equally_likely_classes_is_answered_whatever_the_last_digits_are():
    assert decide(np.array([[0.2, 0.4 - 1e-9, 0.4], [0.1, 0.3, 0.6]]), 0.5).tolist() == [1, 2]
