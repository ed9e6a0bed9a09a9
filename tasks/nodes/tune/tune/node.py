"""Tune: a better model of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tasks.contract.context import RunContext
from tasks.contract.fields import Params as BaseParams
from tasks.contract.fields import setting
from tasks.contract.model import Model
from tasks.contract.node import Estimate, Node
from tasks.contract.table import Partition
from tasks.contract.values import Study, score_number, score_text
from tasks.graph.messages import Message, Term
from tasks.search.study import SearchSettings, search


class Tune(Node):
    """Tries other settings of the model and keeps the best.

    The first trial is the model as it came, so the result is never worse on the rows it was judged by. Those are the
    validation rows, or parts of the training rows in turn; test rows are not looked at.
    """

    title = "Tune"
    icon = "adjustments"
    keywords = ("hyperparameter", "optuna", "search", "optimise", "optimize", "automl", "bayes", "genetic")
    uses_gpu = True
    version = 2
    renamed = {2: {"trials": "n_trials", "seconds": "timeout"}}

    @dataclass(frozen=True)
    class Inputs:
        model: Model

    class Params(BaseParams):
        n_trials: int = setting(
            20, ge=1, le=5000, title="Trials", description="How many settings to try at most, the model's own included."
        )
        timeout: float = setting(
            60.0,
            gt=0,
            le=604_800,
            title="Time limit",
            description="For everything, first measurement and last fit included. What still runs then is ended.",
            unit="seconds",
        )
        metric: Literal["auto", "rmse", "mae", "r2", "auc", "log_loss", "accuracy", "f1", "average_precision"] = (
            setting(
                "auto",
                title="Measure",
                description="What to improve. Auto: RMSE for numbers, area under the ROC curve for classes.",
            )
        )
        sampler: Literal["tpe", "genetic", "random"] = setting(
            "tpe",
            title="Search method",
            description=(
                "TPE: Bayesian, learns from every earlier trial. Genetic: crosses and varies the best trials; needs "
                "many. Random: does not learn."
            ),
            advanced=True,
        )
        pruning: bool = setting(
            True,
            title="Stop weak trials early",
            description="Stop a trial whose curve, or whose first folds, are worse than half of the earlier trials.",
            advanced=True,
        )
        folds: int = setting(
            3,
            ge=2,
            le=20,
            title="Folds",
            description="Parts of the cross-validation, used when the split kept no validation rows.",
            advanced=True,
        )

    @dataclass(frozen=True)
    class Outputs:
        model: Model
        study: Study

    @staticmethod
    def run(inputs: Inputs, params: Params, context: RunContext) -> Outputs:
        """Return the best model found, and all trials."""
        settings = SearchSettings(
            params.n_trials, params.timeout, params.metric, params.sampler, params.folds, is_pruning=params.pruning
        )
        model, study = search(inputs.model, settings, context)
        return Tune.Outputs(model, study)

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return the best value beside the one that came."""
        study = outputs.study
        came, best = study.trials[0].value, study.trials[study.best].value
        if came is None or best is None:
            return Message("study.trials", "{count:,} trials", one="1 trial", count=len(study.trials))
        now, before = score_text(study.metric, best), score_text(study.metric, came)
        if (study.best == 0 or now == before) and len(study.trials) > 1:
            return Message(
                "tune.unchanged",
                "{score}, as it came: none of {count:,} other settings was better",
                one="{score}, as it came: the one other setting was not better",
                score=_on_rows(before, inputs.model),
                count=len(study.trials) - 1,
            )
        return Message(
            "tune.result",
            "{score}, was {before}",
            score=_on_rows(now, inputs.model),
            before=score_number(came),
        )

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        """Return the time that was given; what a trial takes depends on the model."""
        return Estimate(seconds=params.timeout, memory_bytes=rows * columns * 32)


def _on_rows(score: str, model: Model | None) -> str:
    """Return a score with the rows that trials are scored on: test rows, which a verdict is about, give another."""
    has_validation = model is not None and bool(model.training.mask(Partition.VALID).any())
    rows = Term("tune.valid_rows", "validation rows")
    if not has_validation:
        rows = Term("tune.folds", "parts of the training rows")
    return Message("tune.score_on", "{score} on {rows}", score=score, rows=rows)
