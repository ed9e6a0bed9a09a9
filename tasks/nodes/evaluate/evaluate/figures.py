"""Figures as Plotly JSON: data and axis titles only; colours and background are the page's, light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.values import Figure
from tasks.graph.messages import Message
from tasks.training.assessment import Assessed

MOST_POINTS = 2000
MOST_CURVES = 10
MOST_BARS = 30
ROWS = Message("figure.rows", "Rows")
IDEAL = Message("figure.ideal", "As it should be")
DIFFERENCE = Message("figure.difference", "Predicted minus actual")
_QUIET = "rgba(128,128,128,0.7)"  # between light and dark, so that it is seen on both


def regression_figures(assessed: Assessed) -> list[Figure]:
    """Return predicted against actual, the errors' histogram, and errors against predictions."""
    rows = _some(len(assessed.truth))
    truth, predicted = assessed.truth[rows], assessed.predicted[rows]
    low = float(min(truth.min(), predicted.min()))
    high = float(max(truth.max(), predicted.max()))
    name = assessed.model.target
    error = predicted - truth
    every = assessed.predicted - assessed.truth
    return [
        _figure(
            "predicted_actual",
            Message("figure.predicted_actual", "Predicted and actual"),
            [_points(truth, predicted, ROWS), _line([low, high], [low, high], IDEAL, dashed=True)],
            Message("figure.actual", "Actual {target}", target=name),
            Message("figure.predicted", "Predicted {target}", target=name),
        ),
        _histogram("residuals", Message("figure.errors", "Errors"), every, DIFFERENCE),
        _figure(
            "residuals_predicted",
            Message("figure.errors_predictions", "Errors and predictions"),
            [
                _points(predicted, error, ROWS),
                _line(
                    [float(predicted.min()), float(predicted.max())],
                    [0.0, 0.0],
                    Message("figure.no_error", "No error"),
                    dashed=True,
                ),
            ],
            Message("figure.predicted", "Predicted {target}", target=name),
            DIFFERENCE,
        ),
    ]


def classification_figures(assessed: Assessed) -> list[Figure]:
    """Return the confusion matrix, ROC and precision-recall curves, and for two classes the calibration."""
    figures = [_confusion(assessed)]
    curves = _curve_classes(assessed)
    if curves:
        figures += [_roc(assessed, curves), _precision_recall(assessed, curves)]
    if len(assessed.model.classes) == 2:
        figures.append(_calibration(assessed))
    return figures


def importance_figure(importance: Mapping[str, float], measure: str) -> Figure:
    """Return what each column adds as bars, the largest on top."""
    shown = list(importance.items())[:MOST_BARS][::-1]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": _numbers([value for _, value in shown]),
        "y": [name for name, _ in shown],
        "name": Message("figure.importance", "Importance"),
        "showlegend": False,
    }
    made = _figure(
        "importance",
        Message("figure.column_importance", "What each column adds"),
        [bars],
        Message("figure.shuffled", "{measure} when its values are shuffled", measure=measure),
        "",
    )
    made.spec["layout"]["yaxis"].update(automargin=True, type="category")
    return made


def _confusion(assessed: Assessed) -> Figure:
    classes = list(assessed.model.classes)
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (assessed.truth, assessed.chosen), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heat = {
        "type": "heatmap",
        "x": classes,
        "y": classes,
        "z": _numbers(shares),
        "text": counts.tolist(),
        "texttemplate": "%{text}" if len(classes) <= 20 else "",
        "hovertemplate": Message(
            "figure.confusion_hover",
            "actual %{{y}}, predicted %{{x}}: %{{text}} rows (%{{z:.1%}} of the class)<extra></extra>",
        ),
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Blues",
        "colorbar": {"title": {"text": Message("figure.share", "Share")}, "tickformat": ".0%"},
    }
    title = Message("figure.confusion", "Confusion matrix")
    if assessed.model.positive:
        title = Message(
            "figure.confusion_positive",
            "Confusion matrix, positive class “{name}”",
            name=assessed.model.positive,
        )
    made = _figure(
        "confusion",
        title,
        [heat],
        Message("figure.predicted_class", "Predicted"),
        Message("figure.actual_class", "Actual"),
    )
    made.spec["layout"]["xaxis"]["type"] = "category"
    made.spec["layout"]["yaxis"].update(type="category", autorange="reversed", automargin=True)
    return made


def _roc(assessed: Assessed, classes: Sequence[int]) -> Figure:
    from sklearn.metrics import auc, roc_curve

    traces = []
    for at in classes:
        wrong, right, _ = roc_curve(assessed.truth == at, assessed.predicted[:, at])
        area = float(auc(wrong, right))
        name = Message("figure.area", "{name} (area {area:.3f})", name=assessed.model.classes[at], area=area)
        traces.append(_line(*_thinned(wrong, right), name))
    traces.append(_line([0.0, 1.0], [0.0, 1.0], Message("figure.guessing", "Guessing"), dashed=True))
    return _figure(
        "roc",
        Message("figure.roc", "ROC curve"),
        traces,
        Message("figure.false_positives", "False positive rate"),
        Message("figure.true_positives", "True positive rate"),
    )


def _precision_recall(assessed: Assessed, classes: Sequence[int]) -> Figure:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    traces = []
    for at in classes:
        truth, scores = assessed.truth == at, assessed.predicted[:, at]
        precision, recall, _ = precision_recall_curve(truth, scores)
        average = float(average_precision_score(truth, scores))
        name = Message(
            "figure.average", "{name} (average {average:.3f})", name=assessed.model.classes[at], average=average
        )
        traces.append(_line(*_thinned(recall, precision), name))
    return _figure(
        "precision_recall",
        Message("figure.precision_recall", "Precision and recall"),
        traces,
        Message("figure.recall", "Recall"),
        Message("figure.precision", "Precision"),
    )


def _calibration(assessed: Assessed) -> Figure:
    """Ten groups of equal size by predicted probability."""
    second = assessed.predicted[:, 1]
    groups = [rows for rows in np.array_split(np.argsort(second, kind="stable"), 10) if len(rows)]
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": _numbers([float(second[rows].mean()) for rows in groups]),
            "y": _numbers([float((assessed.truth[rows] == 1).mean()) for rows in groups]),
            "text": [Message("figure.rows_count", "{count:,} rows", count=len(rows)) for rows in groups],
            "name": assessed.model.classes[1],
        },
        _line([0.0, 1.0], [0.0, 1.0], IDEAL, dashed=True),
    ]
    return _figure(
        "calibration",
        Message("figure.calibration", "Calibration"),
        traces,
        Message("figure.probability", "Predicted probability"),
        Message("figure.observed_share", "Share that was so"),
    )


def _curve_classes(assessed: Assessed) -> list[int]:
    """Return the classes to draw curves of: the positive of two, else the commonest that occur and are not all."""
    counts = np.bincount(assessed.truth, minlength=len(assessed.model.classes))
    drawable = [at for at, count in enumerate(counts) if 0 < count < len(assessed.truth)]
    if len(counts) == 2:
        return [1] if drawable else []
    return sorted(sorted(drawable, key=lambda at: -counts[at])[:MOST_CURVES])


def _histogram(name: str, title: str, values: np.ndarray, axis: str) -> Figure:
    counts, edges = np.histogram(values, bins=40)
    bars = {
        "type": "bar",
        "x": _numbers((edges[:-1] + edges[1:]) / 2),
        "y": counts.tolist(),
        "width": _numbers(np.diff(edges)),
        "name": ROWS,
        "showlegend": False,
    }
    made = _figure(name, title, [bars], axis, ROWS)
    made.spec["layout"]["bargap"] = 0
    return made


def _points(x: np.ndarray, y: np.ndarray, name: str) -> dict[str, Any]:
    marker = {"size": 5, "opacity": 0.5}
    return {"type": "scatter", "mode": "markers", "x": _numbers(x), "y": _numbers(y), "name": name, "marker": marker}


def _line(x: Sequence[float], y: Sequence[float], name: str, *, dashed: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "name": name}
    if dashed:
        made["line"] = {"dash": "dash", "color": _QUIET}
        made["hoverinfo"] = "skip"
    return made


def _figure(name: str, title: str, data: list[dict[str, Any]], x: str, y: str) -> Figure:
    layout = {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
    return Figure(name, title, {"data": data, "layout": layout})


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), 500)).astype(int))
    return _numbers(x[keep]), _numbers(y[keep])


def _some(rows: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_POINTS)).astype(int))


def _numbers(values: Any) -> Any:
    """Return numbers as lists with six significant digits: a figure travels as text."""
    listed = np.asarray(values, dtype=np.float64).tolist()
    return _rounded(listed)


def _rounded(value: Any) -> Any:
    return [_rounded(item) for item in value] if isinstance(value, list) else float(f"{value:.6g}")
