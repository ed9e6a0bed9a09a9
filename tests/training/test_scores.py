"""Scores equal scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from tasks.training.scores import classification_scores, regression_scores

WEIGHTS = [None, np.random.default_rng(1).integers(0, 4, 300).astype(float)]


@pytest.mark.parametrize("weights", WEIGHTS, ids=["alike", "weighted"])
def test_weighted_regression_scores_are_those_of_the_library(weights):
    random = np.random.default_rng(0)
    truth = random.normal(3, 1, 300)
    predicted = truth + random.normal(0, 0.3, 300)
    scores = regression_scores(truth, predicted, 3.0, weights)
    assert scores["r2"] == pytest.approx(metrics.r2_score(truth, predicted, sample_weight=weights))
    expected = metrics.root_mean_squared_error(truth, predicted, sample_weight=weights)
    assert scores["rmse"] == pytest.approx(expected)
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted, sample_weight=weights))
    share = metrics.mean_absolute_percentage_error(truth, predicted, sample_weight=weights)
    assert scores["mape"] == pytest.approx(100 * share)


def test_regression_scores_are_those_of_the_library():
    random = np.random.default_rng(0)
    truth = random.normal(3, 1, 200)
    predicted = truth + random.normal(0, 0.3, 200)
    scores = regression_scores(truth, predicted, guess=3.0)
    assert scores["r2"] == pytest.approx(metrics.r2_score(truth, predicted))
    assert scores["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted))
    assert scores["mape"] == pytest.approx(100 * metrics.mean_absolute_percentage_error(truth, predicted))


@pytest.mark.parametrize("weights", WEIGHTS, ids=["alike", "weighted"])
@pytest.mark.parametrize("classes", [2, 4])
def test_classification_scores_are_those_of_the_library(classes, weights):
    random = np.random.default_rng(0)
    truth = random.integers(0, classes, 300)
    raw = random.random((300, classes)) + 0.8 * np.eye(classes)[truth]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    shares = np.bincount(truth, minlength=classes)
    scores = classification_scores(truth, probabilities, shares, weights=weights)
    chosen = probabilities.argmax(axis=1)
    ranked = probabilities[:, 1] if classes == 2 else probabilities
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(truth, chosen, sample_weight=weights))
    if classes == 2:
        assert scores["auc"] == pytest.approx(metrics.roc_auc_score(truth, ranked, sample_weight=weights))
    elif weights is None:
        assert scores["auc"] == pytest.approx(metrics.roc_auc_score(truth, ranked, multi_class="ovr"))
    assert scores["log_loss"] == pytest.approx(metrics.log_loss(truth, probabilities, sample_weight=weights))
    average = "binary" if classes == 2 else "macro"
    assert scores["f1"] == pytest.approx(metrics.f1_score(truth, chosen, average=average, sample_weight=weights))
    if weights is None:
        assert scores["baseline_accuracy"] == pytest.approx(shares.max() / 300)


def test_a_constant_truth_has_no_share_of_explained_variance():
    assert np.isnan(regression_scores(np.ones(5), np.zeros(5), 1.0)["r2"])


def test_one_class_only_has_no_curve():
    probabilities = np.column_stack([np.full(4, 0.4), np.full(4, 0.6)])
    assert np.isnan(classification_scores(np.ones(4, dtype=np.int64), probabilities, np.array([1, 3]))["auc"])
