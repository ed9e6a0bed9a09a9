"""Fits one candidate after another and says how good each is on rows it has not seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.folds import fold_of_each, moments_of
from tasks.contract.invoke import replay
from tasks.contract.model import Model, Task
from tasks.contract.registry import node_class
from tasks.contract.table import Partition, Table
from tasks.graph.messages import Choices, Message, Term
from tasks.training.assessment import assess
from tasks.training.columns import class_positions
from tasks.training.fit_limits import FitLimits
from tasks.training.scores import GREATER_IS_BETTER, HEADLINE
from tasks.training.silent_context import LossReporter, SilentContext
from tasks.training.threshold import FITS as THRESHOLD_FITS
from tasks.verdict.values import UNPROVEN_BY

MOST_CELLS_IN_FOLDS = 20_000_000
"""Rows times features of a table that is still cross-validated; a larger one gets a single validation part."""
NEED_TWO_CLASSES = ("auc", "average_precision")
"""Measures that have no value where all rows are of one class."""
NEED_A_THRESHOLD = ("accuracy", "f1")
"""Measures that depend on the threshold from which the positive class is answered."""
SPARE_TIME = 1.2
"""How much longer than expected from the folds the last fit may take."""


def choose_metric(model: Model, requested: str) -> str:
    """Return the measure to optimise.

    Raises:
        NodeError: It does not suit the task.
    """
    if requested == "auto":
        return HEADLINE[model.task]
    if requested not in model.metrics:
        raise NodeError(
            Message(
                "search.metric_does_not_suit",
                "The metric {metric} does not apply to a {task} model. Choose one of {metrics}.",
                metric=requested,
                task=Term(f"task.{model.task}", str(model.task)),
                metrics=Choices(name for name in model.metrics if name in GREATER_IS_BETTER),
            ),
            param="metric",
        )
    return requested


class Pruned(Exception):  # noqa: N818 - an agreed end, not a fault
    """Raised inside a candidate's fit when its values are worse than those of earlier ones."""


class PruningReporter(LossReporter, Protocol):
    """Looks at a candidate while it is measured, and raises `Pruned` to give it up."""

    def fold(self, value: float, number: int) -> None:
        """Look at the mean measure of the folds up to ``number``, which begins with 0."""


@dataclass(frozen=True)
class CandidateResult:
    """One candidate after it was fitted.

    ``model``: fitted as it would be returned, where that is known already. ``rounds``: what the folds found, in the
    mean; ``None`` for a learner without rounds.
    """

    value: float
    seconds: float
    model: Model | None
    rounds: int | None = None


@dataclass
class CandidateEvaluator:
    """Where candidates of one learner are measured: always on the same rows.

    With validation rows each candidate is fitted on the training rows and scored on those. Otherwise the training rows
    are divided into folds, and in each fold every node since the split is fitted again without the rows it is scored
    on.

    Attributes:
        model: The model as it came.
        metric: The measure.
        folds: Number of folds when there are no validation rows.
        context: The run's context.
        clock: Gives seconds that never go back.
    """

    model: Model
    metric: str
    folds: int
    context: RunContext
    clock: Callable[[], float] = time.monotonic
    _tables: list[Table] = field(default_factory=list, init=False)
    _said: set[str] = field(default_factory=set, init=False)

    @property
    def has_validation(self) -> bool:
        """Whether candidates are scored on validation rows."""
        return bool(self.model.training.mask(Partition.VALID).any())

    def tables(self, deadline: float = math.inf) -> list[Table]:
        """Return the tables to fit on, made the first time; each has validation rows.

        Raises:
            NodeError: The measure would have no value on some of them.
            OutOfTime: ``deadline`` passed before all were made.
        """
        if not self._tables:
            quiet = SilentContext(self.context, FitLimits(deadline, None, self.clock))
            self._tables = (
                [self.model.training] if self.has_validation else fold_tables(self.model, self._possible_folds(), quiet)
            )
            self._check_classes()
            if self.model.training.at_split is None and self.model.training.transforms:
                self.context.log(
                    Message(
                        "log.search_without_split",
                        "There is no Split, so what was fitted before the model has seen the rows that trials are "
                        "scored on, and the values are too good. Draw a Split after the data set.",
                    )
                )
        return self._tables

    def _possible_folds(self) -> int:
        """Return the number of folds: no more than there are training rows of the rarer of two classes."""
        model = self.model
        if model.task is not Task.CLASSIFICATION or len(model.classes) != 2:
            return self.folds
        counts = np.bincount(_classes_of(model, model.training)[model.training.training_mask], minlength=2)
        fewest = int(counts.min())
        if fewest < 2:
            raise NodeError(
                Message(
                    "search.class_too_rare",
                    "Only {count:,} training rows are “{name}”, but trials are scored on rows they have not learned "
                    "from, and both need some. Add rows of that class.",
                    one="Only 1 training row is “{name}”, but trials are scored on rows they have not learned from, "
                    "and both need one. Add rows of that class.",
                    count=fewest,
                    name=model.classes[int(counts.argmin())],
                )
            )
        if fewest < self.folds:
            self.context.log(
                Message(
                    "log.fewer_folds",
                    "{number} folds instead of {asked}: only {number} training rows are “{name}”.",
                    number=fewest,
                    asked=self.folds,
                    name=model.classes[int(counts.argmin())],
                )
            )
        return min(fewest, self.folds)

    def _check_classes(self) -> None:
        if self.metric not in NEED_TWO_CLASSES:
            return
        for table in self._tables:
            if len(np.unique(_classes_of(self.model, table)[table.mask(Partition.VALID)])) < 2:
                raise NodeError(
                    Message(
                        "search.scored_rows_of_one_class",
                        "The rows that trials are scored on are all of one class, so {metric} has no value there. "
                        "Choose the measure log loss, or a split that keeps rows of each class.",
                        metric=Term(f"metric.{self.metric}", self.metric),
                    ),
                    param="metric",
                )

    def measure_incoming(self, *, deadline: float = math.inf) -> CandidateResult:
        """Return the model as it came, measured like every candidate.

        Raises:
            OutOfTime: ``deadline`` passed.
        """
        if self.has_validation:
            self.tables()
            started = self.clock()
            quiet = SilentContext(self.context, FitLimits(deadline, None, self.clock))
            value = assess(self.model, Partition.VALID, quiet).scores[self.metric]
            return CandidateResult(value, self.clock() - started, self.model)
        result = self.measure(self.model.learner.params, deadline=deadline, has_last_fit=False)
        return CandidateResult(result.value, result.seconds, self.model)

    def measure(
        self,
        params: Mapping[str, Any],
        *,
        deadline: float,
        reporter: PruningReporter | None = None,
        has_last_fit: bool = True,
    ) -> CandidateResult:
        """Fit with ``params`` and return how good that is, the mean over the folds.

        Args:
            deadline: In seconds of the clock; the last fit of this candidate has to end by then, too.
            reporter: May give the candidate up.
            has_last_fit: Whether the candidate would have to be fitted on all rows afterwards.

        Raises:
            OutOfTime: ``deadline`` would pass.
            Pruned: ``reporter`` gave it up.
            NodeError: The parameters do not suit the data.
        """
        started, found = self.clock(), list[int]()
        scores: list[float] = []
        model, tables = None, self.tables(deadline)
        for number, table in enumerate(tables):
            began = self.clock()
            share = self._last_fit_share() / len(tables) if has_last_fit else 0.0  # of one fold
            reserved = share * (began - started) / number if number else 0.0
            ends = min(deadline - reserved, began + (deadline - began) / (1 + share))
            limits = FitLimits(ends, None, self.clock, found, chooses_threshold=self.metric in NEED_A_THRESHOLD)
            quiet = SilentContext(self.context, limits, reporter if number == 0 else None)
            quiet.progress(0)
            model = fit(self.model, table, params, quiet)
            scores.append(assess(model, Partition.VALID, quiet).scores[self.metric])
            self._say_leaks(model)
            if reporter is not None and number + 1 < len(tables):
                reporter.fold(float(np.mean(scores)), number)
        rounds = round(float(np.mean(found))) if found else None
        final = model if self.has_validation and not self._has_threshold_to_choose else None
        return CandidateResult(float(np.mean(scores)), self.clock() - started, final, rounds)

    def _say_leaks(self, fitted: Model) -> None:
        """Log once what makes values of folds too good that does not make the score of the model so as it came."""
        known = {caveat.code for caveat in self.model.verdict.notes} if self.model.verdict else set()
        for caveat in fitted.verdict.notes if fitted.verdict and not self.has_validation else ():
            if caveat.code in {*UNPROVEN_BY, "few_duplicates_across_split"} and caveat.code not in known | self._said:
                self._said.add(caveat.code)
                self.context.log(
                    Message("log.folds_leak", "The values of trials are too good. {caveat}", caveat=caveat.message)
                )

    def _last_fit_share(self) -> float:
        """Return how long the last fit takes at most, in times that all folds of a candidate take together."""
        fits = 1 + THRESHOLD_FITS if self._has_threshold_to_choose else 1
        if self.has_validation:
            return SPARE_TIME * fits if self._has_threshold_to_choose else 0.0
        folds = len(self.tables())
        return fits * SPARE_TIME / (folds - 1) if folds > 1 else 2 * fits * SPARE_TIME

    @property
    def _has_threshold_to_choose(self) -> bool:
        """Whether the best candidate has to be fitted once more, with a threshold that its measure did without."""
        is_chosen = self.model.learner.params.get("threshold_choice") == "best_f1"
        return is_chosen and len(self.model.classes) == 2 and self.metric not in NEED_A_THRESHOLD

    def last_fit_seconds(self, seconds: float) -> float:
        """Return how long the last fit of a candidate takes at most that was measured in ``seconds``."""
        return seconds * self._last_fit_share()

    def refit(self, params: Mapping[str, Any], rounds: int | None = None, *, deadline: float = math.inf) -> Model:
        """Return the model fitted with ``params`` on all training rows, for ``rounds`` where the folds found some.

        Raises:
            OutOfTime: ``deadline`` passed.
        """
        limits = FitLimits(deadline, rounds, self.clock)
        return fit(self.model, self.model.training, params, SilentContext(self.context, limits))


def _classes_of(model: Model, table: Table) -> np.ndarray:
    return class_positions(table.schema.column(model.target), table.columns[model.target], model.classes)


def fit(model: Model, table: Table, params: Mapping[str, Any], context: RunContext) -> Model:
    """Return ``model``'s learner fitted on ``table`` with other parameters."""
    node = node_class(model.learner.node)
    made = node.run(node.Inputs(table=table), node.Params.model_validate(dict(params)), context)
    fitted: Model = made.model
    return fitted


def fold_tables(model: Model, folds: int, context: RunContext) -> list[Table]:
    """Return one table per fold: its rows are validation rows, all nodes since the split were fitted without them.

    Folds are divided as the split was: each class alike, or whole groups. After a split by time every fold is
    validated on rows newer than those it is fitted on; the rows still newer are left out.

    Args:
        folds: Number of parts the training rows are divided into.
    """
    training = model.training
    base = (
        training.at_split if training.at_split is not None else training.split(np.zeros(training.rows, dtype=np.uint8))
    )
    partitions = _fold_partitions(model, base, folds, context.seed)
    if training.rows * len(model.features) > MOST_CELLS_IN_FOLDS:
        partitions = partitions[-1:]
    return [base.split(one) if training.at_split is None else replay(training, one, context) for one in partitions]


def _fold_partitions(model: Model, base: Table, folds: int, seed: int) -> list[np.ndarray]:
    """Return one division of the rows per fold: each of shape (rows of ``base``,), uint8 of `Partition`."""
    places = np.flatnonzero(base.training_mask)
    folds = max(min(folds, len(places)), 2)
    moments = moments_of(base)
    if moments is not None:
        return _rolling(base, places, moments[places], folds)
    parts = np.full(base.rows, -1, dtype=np.int64)
    like = _known_places(model, base, places)
    parts[places] = fold_of_each(base, places, folds, like=like, seed=seed)
    made = []
    for fold in np.unique(parts[places]):
        partition = np.where(base.training_mask, Partition.TRAIN, Partition.TEST).astype(np.uint8)
        partition[parts == fold] = Partition.VALID
        made.append(partition)
    return made


def _known_places(model: Model, base: Table, places: np.ndarray) -> np.ndarray:
    """Return what every fold has its share of: the classes; nothing for numbers."""
    if model.task is Task.CLASSIFICATION:
        return np.asarray(base.columns[model.target][places])
    return np.zeros(len(places), dtype=np.int64)


def _rolling(base: Table, places: np.ndarray, moments: np.ndarray, folds: int) -> list[np.ndarray]:
    """Return divisions in which the validation rows are always newer than the training rows.

    The rows lie in order of time in ``folds`` + 1 blocks of about equal size, equal moments in one; every block but the
    oldest is validated on once.
    """
    ordered = np.sort(moments)
    starts = np.unique(ordered[[len(ordered) * block // (folds + 1) for block in range(1, folds + 1)]])
    block = np.searchsorted(starts, moments, side="right")
    made = []
    for one in np.unique(block):
        if one == block.min():
            continue
        partition = np.full(base.rows, Partition.TEST, dtype=np.uint8)
        partition[places[block < one]] = Partition.TRAIN
        partition[places[block == one]] = Partition.VALID
        made.append(partition)
    return made
