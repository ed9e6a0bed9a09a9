"""A search for better parameters: the first trial is the model as it came, and nothing worse is ever given back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.contract.checkpoint import Checkpoint, CheckpointState
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.invoke import upgrade_learner
from tasks.contract.model import Model
from tasks.contract.values import Study, Trial
from tasks.graph.messages import Message
from tasks.search.sampler import (
    Direction,
    OptunaReporter,
    Sampler,
    add_original_trial,
    ask,
    importance,
    optuna_study,
    own_params,
    relative_learning_rate,
)
from tasks.search.trials import CandidateEvaluator, CandidateResult, Pruned, choose_metric
from tasks.training.fit_limits import OutOfTime
from tasks.training.scores import GREATER_IS_BETTER

MOST_EXPLAINED = 3
"""Failed trials whose cause is logged."""


@dataclass(frozen=True)
class SearchSettings:
    """How to search.

    Attributes:
        trials: Candidates at most, the model as it came included.
        seconds: Time for everything, the first measurement and the last fit included; what is under way then is ended.
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
    """The trials so far. ``rounds``: of the best; ``found``: of each; ``failure``: why the first one failed."""

    direction: str
    trials: list[Trial] = field(default_factory=list)
    best: int = 0
    best_value: float = math.nan
    model: Model | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    rounds: int | None = None
    found: list[int | None] = field(default_factory=list)
    failure: str = ""
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
        self.found.append(tried.rounds)
        is_best = math.isfinite(tried.value) and (
            not math.isfinite(self.best_value)
            or (tried.value > self.best_value if self.direction == "maximize" else tried.value < self.best_value)
        )
        if is_best or number == 0:
            self.trials = [replace(trial, is_best=False) for trial in self.trials]
            self.best, self.best_value, self.model, self.params = number, tried.value, tried.model, params
            self.rounds = tried.rounds
        state = "done" if math.isfinite(tried.value) else "failed"
        value = tried.value if state == "done" else None
        self.trials.append(Trial(number, dict(shown), value, state, round(tried.seconds, 3), is_best or number == 0))
        return self.trials[-1]

    def add_unfinished(
        self, shown: Mapping[str, Any], state: str, seconds: float, reported: list[tuple[int, float]]
    ) -> Trial:
        """Keep a trial that gave no value."""
        self.reported.append(reported)
        self.found.append(None)
        self.trials.append(Trial(len(self.trials), dict(shown), None, state, round(seconds, 3)))
        return self.trials[-1]

    def give_back(self) -> None:
        """Make the model as it came the best one."""
        self.best = 0
        self.trials = [replace(trial, is_best=trial.number == 0) for trial in self.trials]


def search(
    model: Model, settings: SearchSettings, context: RunContext, *, clock: Callable[[], float] = time.monotonic
) -> tuple[Model, Study]:
    """Return the best model found, and all trials; the model as it came where the time suffices for nothing else.

    Args:
        clock: Gives seconds that never go back.

    Raises:
        NodeError: The model has nothing to search, the measure does not suit its task, or all trials failed.
    """
    began_at = clock()
    metric = choose_metric(model, settings.metric)
    learner = upgrade_learner(model.learner)
    if learner is not model.learner:
        model = replace(model, learner=learner)
    if not model.learner.space:
        raise NodeError(
            Message("search.no_parameters", "This model has no parameters to search. Connect another model.")
        )
    direction: Direction = "maximize" if GREATER_IS_BETTER[metric] else "minimize"
    evaluator = CandidateEvaluator(model, metric, settings.folds, context, clock)
    course = _resumed(settings, evaluator, direction, checkpoint := context.checkpoint(), began_at)
    record, study = course.record, course.study
    try:
        _go_on(course, settings, evaluator, checkpoint)
    except Cancelled:
        checkpoint.write(course.state, is_last=True)
        raise
    best = _last_fit(course, settings, evaluator)
    shares = importance(study, [t.value for t in record.trials if t.state == "done"], context.seed)
    return best, Study(metric, direction, tuple(record.trials), record.best, shares)


def _last_fit(course: _Course, settings: SearchSettings, evaluator: CandidateEvaluator) -> Model:
    """Return the best model, fitted on all training rows; the model as it came where the time is over.

    Raises:
        NodeError: All trials failed.
    """
    record, context = course.record, evaluator.context
    if not math.isfinite(record.best_value):
        if all(trial.state == "failed" for trial in record.trials):
            raise NodeError(
                Message(
                    "search.all_failed",
                    "None of the {count:,} trials gave a value. {reason}",
                    one="The only trial gave no value. {reason}",
                    count=len(record.trials),
                    reason=record.failure,
                )
            )
        context.log(
            Message(
                "log.search_unchanged",
                "The time limit of {seconds:,} seconds was over before a trial was measured. The model is returned "
                "unchanged; allow more time.",
                seconds=settings.seconds,
            )
        )
        return evaluator.model
    if record.model is not None:
        return record.model
    context.progress(1, Message("progress.best_candidate", "Fitting the best settings on all training rows"))
    try:
        return evaluator.refit(record.params, record.rounds, deadline=course.began_at + settings.seconds)
    except OutOfTime:
        record.give_back()
        context.log(
            Message(
                "log.last_fit_too_long",
                "The time was over before the best settings were fitted on all rows. The model is returned as it came; "
                "allow more time.",
            )
        )
        return evaluator.model


@dataclass
class _Course:
    """A search under way. ``began_at``: by the monotonic clock, with the time of earlier attempts before it."""

    study: Any
    record: _Record
    began_at: float
    clock: Callable[[], float]

    def state(self) -> CheckpointState:
        """Return the trials and the time so far."""
        trials = [
            (trial.params, trial.value, trial.state, trial.seconds, reported, rounds)
            for trial, reported, rounds in zip(self.record.trials, self.record.reported, self.record.found, strict=True)
        ]
        return CheckpointState({"trials": trials, "seconds": self.clock() - self.began_at})


def _go_on(course: _Course, settings: SearchSettings, evaluator: CandidateEvaluator, checkpoint: Checkpoint) -> None:
    context, record = evaluator.context, course.record
    deadline = course.began_at + settings.seconds
    if not record.trials:
        context.progress(0, Message("progress.model_as_given", "Scoring the model as it was given"))
        _try_incoming(course, evaluator, deadline)
        if record.trials[0].state == "pruned":
            return
    try:
        if len(record.trials) < settings.trials:
            evaluator.tables(deadline)  # a search that goes on has none yet
    except OutOfTime:
        context.log(_time_over(len(record.trials), settings))
        return
    for number in range(len(record.trials), settings.trials):
        context.progress(
            number / settings.trials,
            Message("progress.trial", "Trial {trial:,} of {count:,}", trial=number + 1, count=settings.trials),
        )
        usual = _usual_seconds(record)
        reserved = evaluator.last_fit_seconds(max(usual, record.trials[record.best].seconds if record.best else 0.0))
        if course.clock() + usual + reserved > deadline:
            context.log(_time_over(number, settings))
            break
        _try_one(course, evaluator, deadline=deadline, is_pruning=settings.is_pruning)
        _show(context, record, record.trials[-1])
        checkpoint.write(course.state)


def _time_over(number: int, settings: SearchSettings) -> Message:
    return Message(
        "log.search_time_over",
        "The time was over after {number} of {count} trials.",
        number=number,
        count=settings.trials,
    )


def _resumed(
    settings: SearchSettings,
    evaluator: CandidateEvaluator,
    direction: Direction,
    checkpoint: Checkpoint,
    began_at: float,
) -> _Course:
    """Return the search as an earlier attempt left it in the checkpoint, or a new one.

    The sampler suggests every stored trial again, which restores the state of its random generator.
    """
    seed, found = evaluator.context.seed, checkpoint.read()

    def new() -> _Course:
        study = optuna_study(settings.sampler, direction, settings.trials, seed)
        return _Course(study, _Record(direction), began_at, evaluator.clock)

    course = new()
    if found is None:
        return course
    for params, value, state, seconds, reported, *rounds in found.facts["trials"]:
        before = Trial(len(course.record.trials), params, value, state, seconds)
        points = [(step, loss) for step, loss in reported]
        if not _repeat(course, evaluator.model, before, points, rounds[0] if rounds else None):
            evaluator.context.log(
                Message("log.search_anew", "The search starts from the beginning: the sampler is not the one it was.")
            )
            return new()
    course.began_at -= found.facts["seconds"]
    evaluator.context.log(
        Message("log.continued_trial", "Continued from trial {trial}.", trial=len(course.record.trials))
    )
    return course


def _repeat(
    course: _Course, model: Model, before: Trial, reported: list[tuple[int, float]], rounds: int | None
) -> bool:
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
        result = CandidateResult(before.value, before.seconds, None, rounds)
        record.add({**model.learner.params, **suggested}, suggested, result, reported)
    return True


def _try_incoming(course: _Course, evaluator: CandidateEvaluator, deadline: float) -> None:
    """Record the model as it came: measured, failed, or ``pruned`` where its measurement takes too long."""
    context, record, started = evaluator.context, course.record, course.clock()
    own = own_params(evaluator.model)
    try:
        first = evaluator.measure_incoming(deadline=deadline)
    except OutOfTime:
        record.add_unfinished(own, "pruned", course.clock() - started, [])
    except (Cancelled, NodeError):
        raise
    except Exception as stopped:  # the library may refuse these parameters and accept others
        record.add(
            evaluator.model.learner.params,
            own,
            CandidateResult(math.nan, course.clock() - started, evaluator.model),
            [],
        )
        _say_why(context, record, stopped)
    else:
        record.add(evaluator.model.learner.params, own, first, [])
        add_original_trial(course.study, evaluator.model, first.value)
    _show(context, record, record.trials[0])


def _try_one(course: _Course, evaluator: CandidateEvaluator, *, deadline: float, is_pruning: bool) -> None:
    from optuna.trial import TrialState

    study, record = course.study, course.record
    trial, suggested = ask(study, evaluator.model)
    params = {**evaluator.model.learner.params, **suggested}
    started = course.clock()
    pace = relative_learning_rate(evaluator.model.learner.params, params)
    reporter = OptunaReporter(trial, record.direction, pace)
    reserved = evaluator.last_fit_seconds(record.trials[record.best].seconds) if record.best else 0.0
    try:
        result = evaluator.measure(params, deadline=deadline - reserved, reporter=reporter if is_pruning else None)
    except Cancelled:
        raise
    except Exception as stopped:  # one candidate that a library refuses must not end a search of hours
        state = "pruned" if isinstance(stopped, Pruned | OutOfTime) else "failed"
        study.tell(trial, state=TrialState.PRUNED if isinstance(stopped, Pruned) else TrialState.FAIL)
        record.add_unfinished(suggested, state, course.clock() - started, reporter.reported)
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
    what = error.message if isinstance(error, NodeError) else f"{type(error).__name__}: {error}"
    record.failure = record.failure or what
    if sum(trial.state == "failed" for trial in record.trials) <= MOST_EXPLAINED:
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
