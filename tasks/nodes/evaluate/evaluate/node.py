"""Evaluate: scores, figures and predictions of a model on rows it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params as BaseParams
from tasks.contract.fields import setting
from tasks.contract.model import Model, Task
from tasks.contract.node import Estimate, Node
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.table import Partition, Table
from tasks.contract.values import Metrics, Report, score_text, two_scores
from tasks.graph.messages import Message
from tasks.nodes.evaluate.evaluate.figures import classification_figures, importance_figure, regression_figures
from tasks.training.assessment import Assessed, assess, permutation_importance
from tasks.training.scores import HEADLINE

_PARTS = {"test": Partition.TEST, "validation": Partition.VALID, "training": Partition.TRAIN}
_MOST_PROBABILITIES = 20
_ROW = Column(name="row", type=ColumnType.INTEGER, role=Role.ID, nullable=False)


class Evaluate(Node):
    """Shows how good the model is on rows it has not learned from.

    Scores beside a plain guess, figures of errors, curves and confusion, what each column adds to the prediction, and
    every prediction beside what was true.
    """

    title = "Evaluate"
    icon = "report-analytics"
    keywords = ("score", "metrics", "accuracy", "confusion", "roc", "residuals", "importance", "calibration")

    @dataclass(frozen=True)
    class Inputs:
        model: Model

    class Params(BaseParams):
        scored_rows: Literal["auto", "test", "validation", "training"] = setting(
            "auto",
            title="Rows to score",
            description="Auto: the test rows; without them the validation rows, without those the training rows.",
        )
        has_importance: bool = setting(
            True,
            title="Permutation importance",
            description="Shuffle one column at a time to see how much worse the model becomes without it.",
        )
        repeats: int = setting(
            3,
            ge=1,
            le=20,
            title="Shuffles",
            description="How often each column is shuffled. More is steadier and slower.",
            advanced=True,
            show_when={"has_importance": [True]},
        )

    @dataclass(frozen=True)
    class Outputs:
        metrics: Metrics
        report: Report
        predictions: Table

    @staticmethod
    def run(inputs: Inputs, params: Params, context: RunContext) -> Outputs:
        """Return scores, figures and predictions."""
        assessed = assess(inputs.model, _PARTS.get(params.scored_rows), context)
        if assessed.part is Partition.TRAIN:
            context.log(
                Message(
                    "evaluate.scored_on_training",
                    "Scored on the rows it was trained on, so the scores are too good. Add a split to know better.",
                )
            )
        is_regression = inputs.model.task is Task.REGRESSION
        figures = regression_figures(assessed) if is_regression else classification_figures(assessed)
        details: dict[str, tuple[Mapping[str, Any], ...]] = {} if is_regression else {"classes": _per_class(assessed)}
        if params.has_importance:
            importance = permutation_importance(assessed, context, repeats=params.repeats)
            rmse = Message("figure.rmse_growth", "Growth of RMSE")
            area = Message("figure.area_loss", "Loss of area under the curve")
            figures.append(importance_figure(importance, rmse if is_regression else area))
            details["importance"] = tuple({"column": name, "importance": value} for name, value in importance.items())
        metrics = Metrics(assessed.scores, HEADLINE[inputs.model.task], details, assessed.verdict)
        return Evaluate.Outputs(metrics, Report(tuple(figures)), predictions(assessed))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: Params, known: Known) -> Mapping[str, Schema]:
        """Return the row number; the rest depends on the model."""
        return {"predictions": Schema.of([_ROW], is_open=True)}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return the two scores that say most."""
        values = outputs.metrics.values
        names = ("r2", "rmse") if "r2" in values else ("accuracy", "auc")
        return two_scores([score_text(name, values[name]) for name in names])

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        """Return seconds measured on 20,000 rows of 30 columns, scaled."""
        return Estimate(seconds=0.2 + rows * columns * 1e-6, memory_bytes=rows * columns * 16)


def predictions(assessed: Assessed) -> Table:
    """Return every prediction beside the truth, with the row's place in the source."""
    model = assessed.model
    columns: dict[str, np.ndarray] = {"row": assessed.row_ids.astype(np.float64)}
    described = [_ROW]
    if model.task is Task.REGRESSION:
        values = {
            "actual": assessed.truth,
            "predicted": assessed.predicted,
            "error": assessed.predicted - assessed.truth,
        }
        columns.update(values)
        described += [Column(name=name, type=ColumnType.NUMBER, nullable=False) for name in values]
    else:
        names = np.asarray(model.classes, dtype=object)
        columns.update(actual=names[assessed.truth], predicted=names[assessed.chosen])
        for name in ("actual", "predicted"):
            described.append(Column(name=name, type=ColumnType.CATEGORY, categories=model.classes, nullable=False))
        for at, name in enumerate(model.classes[:_MOST_PROBABILITIES]):
            columns[f"probability {name}"] = assessed.predicted[:, at]
            described.append(Column(name=f"probability {name}", type=ColumnType.NUMBER, nullable=False))
    return Table.from_source(columns, Schema.of(described))


def _per_class(assessed: Assessed) -> tuple[Mapping[str, Any], ...]:
    from sklearn.metrics import precision_recall_fscore_support

    labels = range(len(assessed.model.classes))
    parts = precision_recall_fscore_support(assessed.truth, assessed.chosen, labels=labels, zero_division=0.0)
    precision, recall, f1, rows = (np.asarray(part).tolist() for part in parts)
    return tuple(
        {"class": name, "precision": precision[at], "recall": recall[at], "f1": f1[at], "rows": rows[at]}
        for at, name in enumerate(assessed.model.classes)
    )
