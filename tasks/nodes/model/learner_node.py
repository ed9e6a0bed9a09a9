"""What every node that learns from a table shares: ports, checks while drawing, the way from table to model, cost."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tasks.contract.context import Known, RunContext
from tasks.contract.model import Dimension, Learner, Model
from tasks.contract.node import Estimate, Node
from tasks.contract.predictor import Estimator
from tasks.contract.schema import Schema
from tasks.contract.table import Table
from tasks.contract.values import Metrics
from tasks.training.columns import check_columns
from tasks.training.fit_limits import fit_in_process, limits_of
from tasks.training.fitted_model import finish
from tasks.training.learner_params import LearnerParams
from tasks.training.threshold import best_threshold
from tasks.training.training_data import Prepared, TargetChoice, prepare

_CELLS_FOR_A_PROCESS = 50_000
"""Rows times columns times classes from which a fit may take long enough to be worth a process of its own."""


def _decided(params: Any, prepared: Prepared) -> dict[str, Any]:
    """Return the parameters with what was found out of the target, so that a fit on other rows finds the same."""
    positive = {"positive": prepared.classes[1]} if len(prepared.classes) == 2 else {}
    return {**params.model_dump(mode="json"), "task": str(prepared.task), **positive}


def halvings(name: str, value: int, least: int) -> Iterator[Mapping[str, Any]]:
    """Iterate over changes of a parameter that halve it again and again, down to ``least``."""
    while value // 2 >= least:
        value //= 2
        yield {name: value}


@dataclass(frozen=True)
class Cost:
    """What learning takes, measured on 20,000 rows of 30 columns on one core.

    Attributes:
        start_seconds: Whatever the size.
        cell_seconds: Per row, column and unit of `LearnerNode.effort`.
        start_bytes: Whatever the size.
        cell_bytes: Per row and column.
        row_bytes: Per row and unit of effort.
    """

    start_seconds: float
    cell_seconds: float
    start_bytes: int = 0
    cell_bytes: int = 16
    row_bytes: int = 0


class LearnerNode(Node):
    """Base of the nodes that learn: a subclass names its parameters, what may be searched, and how it fits.

    ``libraries``: the installed packages that do the fitting; a model keeps their versions. ``is_killable``: the fit
    stays inside a library and looks at no clock, so under a time limit it runs in a forked process that can be ended;
    it must use neither a GPU nor OpenMP.
    """

    space: ClassVar[tuple[Dimension, ...]]
    cost: ClassVar[Cost]
    accepts_missing: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    is_killable: ClassVar[bool] = False

    @dataclass(frozen=True)
    class Inputs:
        """The table to learn from."""

        table: Table

    Params = LearnerParams

    def __init_subclass__(cls) -> None:
        """Give the class the id the registry will give it: a model names its learner, in a notebook too."""
        cls.id = cls.__module__.removeprefix("tasks.nodes.").removesuffix(".node")

    @dataclass(frozen=True)
    class Outputs:
        """The fitted model, and its scores on rows it has not seen."""

        model: Model
        metrics: Metrics

    @staticmethod
    def fit(prepared: Prepared, params: Any, context: RunContext) -> Estimator:
        """Return what was learned from the training rows."""
        raise NotImplementedError

    @staticmethod
    def effort(params: Any) -> float:
        """Return how many times the cells are gone through, as far as the parameters say."""
        return 1.0

    @classmethod
    def run(cls, inputs: Any, params: Any, context: RunContext) -> Any:
        """Return the fitted model and its scores."""
        choice = TargetChoice(
            params.target, params.task, params.whole_numbers, params.positive, params.unnamed_positive
        )
        prepared = prepare(inputs.table, context, choice, accepts_missing=cls.accepts_missing)
        estimator = cls._fit_in_time(prepared, params, context)
        threshold = cls._threshold(prepared, params, context)
        learner = Learner(cls.id, _decided(params, prepared), cls.space, cls.version)
        made = finish(prepared, estimator, learner, context, threshold=threshold, libraries=cls.libraries)
        return cls.Outputs(*made)

    @classmethod
    def _threshold(cls, prepared: Prepared, params: Any, context: RunContext) -> float:
        is_chosen = params.threshold_choice == "best_f1" and limits_of(context).chooses_threshold
        found = None
        if is_chosen and len(prepared.classes) == 2:
            found = best_threshold(prepared, lambda part, quiet: cls._fit_in_time(part, params, quiet), context)
        return params.threshold if found is None else found

    @classmethod
    def _fit_in_time(cls, prepared: Prepared, params: Any, context: RunContext) -> Estimator:
        limits, cells = limits_of(context), prepared.matrix.size * max(1, len(prepared.classes))
        is_short = math.isinf(limits.deadline) or cells < _CELLS_FOR_A_PROCESS
        if is_short or not cls.is_killable or sys.platform != "linux":
            return cls.fit(prepared, params, context)
        return fit_in_process(lambda: cls.fit(prepared, params, context), limits, context)

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: Any, known: Known) -> Mapping[str, Schema]:
        """Return nothing; refuse columns that do not suit."""
        check_columns(schemas, target=params.target, task=params.task)
        return {}

    @classmethod
    def estimate(cls, rows: int, columns: int, params: Any) -> Estimate:
        """Return what was measured, scaled to this size."""
        cost, effort = cls.cost, cls.effort(params)
        return Estimate(
            seconds=cost.start_seconds + rows * columns * effort * cost.cell_seconds,
            memory_bytes=cost.start_bytes + rows * columns * cost.cell_bytes + int(rows * effort * cost.row_bytes),
        )
