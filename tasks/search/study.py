"""A search for better parameters: the first trial is the model as it came, and nothing worse is ever given back."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.contract.checkpoint import Checkpoint, CheckpointState
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.invoke import upgrade_learner
from tasks.contract.model import Model
from tasks.contract.values import Study, Trial
from tasks.graph.messages import Choices, Message, Term
from tasks.search.sampler import (
    Direction,
    OptunaReporter,
    Sampler,
    add_original_trial,
    ask,
    importance,
    optuna_study,
    own_params,
)
from tasks.search.trials import CandidateEvaluator, CandidateResult, OutOfTime, Pruned
from tasks.training.scores import GREATER_IS_BETTER, HEADLINE

MOST_EXPLAINED = 3
"""Failed trials whose cause is logged."""


@dataclass(frozen=True)
class SearchSettings:
    """How to search.

    Attributes:
        trials: Candidates at most, the model as it came included.
        seconds: Time for all of them together; the candidate under way is stopped where its learner can be.
        metric: ``auto`` or a measure of `tasks.training.scores`.
        sampler: ``tpe`` learns from earlier trials, ``genetic`` crosses the best of them, ``random`` does not learn.
        folds: Folds of the cross-validation when there are no validation rows.
        is_pruning: Give up candidates that lie behind half of the earlier ones while they are measured.
    """

    trials: int
    seconds: float
    metric: str = "auto"
    sampler: Sampler = "tpe"
    folds: int = 3
    is_pruning: bool = True


@dataclass
class _Record:
    """The trials so far."""

    direction: str
    trials: list[Trial] = field(default_factory=list)
    best: int = 0
    best_value: float = math.nan
    model: Model | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    reported: list[list[tuple[int, float]]] = field(default_factory=list)

    def add(
        self,
        params: Mapping[str, Any],
        shown: Mapping[str, Any],
        tried: CandidateResult,
        reported: list[tuple[int, float]],
    ) -> Trial:
        """Record a finished trial and return it. ``reported``: its intermediate values in Optuna."""
        number = len(self.trials)
        self.reported.append(reported)
        is_best = math.isfinite(tried.value) and (
            not math.isfinite(self.best_value)
            or (tried.value > self.best_value if self.direction == "maximize" else tried.value < self.best_value)
        )
        if is_best or number == 0:
            self.trials = [replace(trial, is_best=False) for trial in self.trials]
            self.best, self.best_value, self.model, self.params = number, tried.value, tried.model, params
        state = "done" if math.isfinite(tried.value) else "failed"
        value = tried.value if state == "done" else None
        self.trials.append(Trial(number, dict(shown), value, state, round(tried.seconds, 3), is_best or number == 0))
        return self.trials[-1]

    def add_unfinished(
        self, shown: Mapping[str, Any], state: str, seconds: float, reported: list[tuple[int, float]]
    ) -> Trial:
        """Keep a trial that gave no value."""
        self.reported.append(reported)
        self.trials.append(Trial(len(self.trials), dict(shown), None, state, round(seconds, 3)))
        return self.trials[-1]


def search(model: Model, settings: SearchSettings, context: RunContext) -> tuple[Model, Study]:
    """Return the best model found, and all trials.

    Raises:
        NodeError: The model has nothing to search, or the measure does not suit its task.
    """
    metric = choose_metric(model, settings.metric)
    learner = upgrade_learner(model.learner)
    if learner is not model.learner:
        model = replace(model, learner=learner)
    if not model.learner.space:
        raise NodeError(
            Message("search.no_parameters", "This model has no parameters to search. Connect another model.")
        )
    direction: Direction = "maximize" if GREATER_IS_BETTER[metric] else "minimize"
    evaluator = CandidateEvaluator(model, metric, settings.folds, context)
    course = _resumed(settings, evaluator, direction, checkpoint := context.checkpoint())
    record, study = course.record, course.study
    try:
        _go_on(course, settings, evaluator, checkpoint)
    except Cancelled:
        checkpoint.write(course.state, is_last=True)
        raise
    if record.model is None:
        context.progress(1, Message("progress.best_candidate", "Fitting the best settings on all training rows"))
    best = record.model or evaluator.refit(record.params)
    shares = importance(study, [t.value for t in record.trials if t.state == "done"], context.seed)
    return best, Study(metric, direction, tuple(record.trials), record.best, shares)


@dataclass
class _Course:
    """A search under way. ``began_at``: by the monotonic clock, with the time of earlier attempts before it."""

    study: Any
    record: _Record
    began_at: float

    def state(self) -> CheckpointState:
        """Return the trials and the time so far."""
        trials = [
            (trial.params, trial.value, trial.state, trial.seconds, reported)
            for trial, reported in zip(self.record.trials, self.record.reported, strict=True)
        ]
        return CheckpointState({"trials": trials, "seconds": time.monotonic() - self.began_at})


def _go_on(course: _Course, settings: SearchSettings, evaluator: CandidateEvaluator, checkpoint: Checkpoint) -> None:
    context, record = evaluator.context, course.record
    deadline = course.began_at + settings.seconds
    if not record.trials:
        context.progress(0, Message("progress.model_as_given", "Scoring the model as it was given"))
        first = evaluator.measure_incoming()
        _show(context, record, record.add(evaluator.model.learner.params, own_params(evaluator.model), first, []))
        add_original_trial(course.study, evaluator.model, first.value)
    for number in range(len(record.trials), settings.trials):
        context.progress(
            number / settings.trials,
            Message("progress.trial", "Trial {trial:,} of {count:,}", trial=number + 1, count=settings.trials),
        )
        if time.monotonic() + _usual_seconds(record) > deadline:
            context.log(
                Message(
                    "log.search_time_over",
                    "The time was over after {number} of {count} trials.",
                    number=number,
                    count=settings.trials,
                )
            )
            break
        _try_one(course.study, evaluator, record, deadline=deadline, is_pruning=settings.is_pruning)
        _show(context, record, record.trials[-1])
        checkpoint.write(course.state)


def _resumed(
    settings: SearchSettings, evaluator: CandidateEvaluator, direction: Direction, checkpoint: Checkpoint
) -> _Course:
    """Return the search as an earlier attempt left it in the checkpoint, or a new one.

    The sampler suggests every stored trial again, which restores the state of its random generator.
    """
    seed, found = evaluator.context.seed, checkpoint.read()
    course = _Course(
        optuna_study(settings.sampler, direction, settings.trials, seed), _Record(direction), time.monotonic()
    )
    if found is None:
        return course
    for params, value, state, seconds, reported in found.facts["trials"]:
        before = Trial(len(course.record.trials), params, value, state, seconds)
        if not _repeat(course, evaluator.model, before, [(step, loss) for step, loss in reported]):
            evaluator.context.log(
                Message("log.search_anew", "The search starts from the beginning: the sampler is not the one it was.")
            )
            return _Course(
                optuna_study(settings.sampler, direction, settings.trials, seed), _Record(direction), time.monotonic()
            )
    course.began_at -= found.facts["seconds"]
    evaluator.context.log(
        Message("log.continued_trial", "Continued from trial {trial}.", trial=len(course.record.trials))
    )
    return course


def _repeat(course: _Course, model: Model, before: Trial, reported: list[tuple[int, float]]) -> bool:
    """Replay an earlier trial in the study; return whether the sampler suggests the same parameters again."""
    from optuna.trial import TrialState

    record, known = course.record, math.nan if before.value is None else before.value
    if not record.trials:
        record.add(model.learner.params, before.params, CandidateResult(known, before.seconds, model), [])
        add_original_trial(course.study, model, known)
        return True
    trial, suggested = ask(course.study, model)
    if suggested != before.params:
        return False
    OptunaReporter(trial, record.direction).repeat(reported)
    if before.value is None:
        is_pruned = before.state == "pruned" and reported
        course.study.tell(trial, state=TrialState.PRUNED if is_pruned else TrialState.FAIL)
        record.add_unfinished(suggested, before.state, before.seconds, reported)
    else:
        course.study.tell(trial, before.value)
        result = CandidateResult(before.value, before.seconds, None)
        record.add({**model.learner.params, **suggested}, suggested, result, reported)
    return True


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


def _try_one(study: Any, evaluator: CandidateEvaluator, record: _Record, *, deadline: float, is_pruning: bool) -> None:
    from optuna.trial import TrialState

    trial, suggested = ask(study, evaluator.model)
    params = {**evaluator.model.learner.params, **suggested}
    started = time.monotonic()
    reporter = OptunaReporter(trial, record.direction)
    try:
        result = evaluator.measure(params, deadline=deadline, reporter=reporter if is_pruning else None)
    except Cancelled:
        raise
    except Exception as stopped:  # one candidate that a library refuses must not end a search of hours
        state = "pruned" if isinstance(stopped, Pruned | OutOfTime) else "failed"
        study.tell(trial, state=TrialState.PRUNED if isinstance(stopped, Pruned) else TrialState.FAIL)
        record.add_unfinished(suggested, state, time.monotonic() - started, reporter.reported)
        if state == "failed":
            _say_why(evaluator.context, record, stopped)
        return
    if math.isfinite(result.value):
        study.tell(trial, result.value)
    else:
        study.tell(trial, state=TrialState.FAIL)
    record.add(params, suggested, result, reporter.reported)


def _say_why(context: RunContext, record: _Record, error: Exception) -> None:
    """Log what went wrong, but not for every one of thousands."""
    if sum(trial.state == "failed" for trial in record.trials) <= MOST_EXPLAINED:
        what = error.message if isinstance(error, NodeError) else f"{type(error).__name__}: {error}"
        context.log(
            Message("log.trial_failed", "Trial {trial} failed. {reason}", trial=len(record.trials), reason=what)
        )


def _show(context: RunContext, record: _Record, trial: Trial) -> None:
    context.trial(trial)
    if trial.value is not None:
        context.metric("trial", trial.value, trial.number)
    if math.isfinite(record.best_value):
        context.metric("best", record.best_value, trial.number)


def _usual_seconds(record: _Record) -> float:
    """Return what the next trial probably takes; nothing is known before the second."""
    fitted = [trial.seconds for trial in record.trials[1:]]
    return sum(fitted) / len(fitted) if fitted else 0.0
