"""A search for better parameters: the first trial is the model as it came, and nothing worse is ever given back."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from tasks.contract.checkpoint import Checkpoint, Standing
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.model import Dimension, Model
from tasks.contract.wires import Study, Trial
from tasks.search.trials import Bench, OutOfTime, Tried
from tasks.training.scores import GREATER_IS_BETTER, HEADLINE

Direction: TypeAlias = Literal["maximize", "minimize"]

FEWEST_FOR_IMPORTANCE = 5


@dataclass(frozen=True)
class SearchSettings:
    """How to search.

    Attributes:
        trials: Candidates at most, the model as it came included.
        seconds: Time for all of them together; the candidate under way is stopped where its learner can be.
        metric: ``auto`` or a measure of `tasks.training.scores`.
        sampler: ``tpe`` learns from earlier trials, ``random`` does not.
        folds: Folds of the cross-validation when there are no validation rows.
    """

    trials: int
    seconds: float
    metric: str = "auto"
    sampler: Literal["tpe", "random"] = "tpe"
    folds: int = 3


@dataclass
class _Record:
    """The trials so far."""

    direction: str
    trials: list[Trial] = field(default_factory=list)
    best: int = 0
    best_value: float = math.nan
    model: Model | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def add(self, params: Mapping[str, Any], shown: Mapping[str, Any], tried: Tried) -> Trial:
        """Keep a finished trial and return it."""
        number = len(self.trials)
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

    def add_unfinished(self, shown: Mapping[str, Any], state: str, seconds: float) -> Trial:
        """Keep a trial that gave no value."""
        self.trials.append(Trial(len(self.trials), dict(shown), None, state, round(seconds, 3)))
        return self.trials[-1]


def search(model: Model, settings: SearchSettings, context: RunContext) -> tuple[Model, Study]:
    """Return the best model found, and all trials.

    Raises:
        NodeError: The model has nothing to search, or the measure does not suit its task.
    """
    metric = choose_metric(model, settings.metric)
    if not model.learner.space:
        raise NodeError("This model has no parameters to search. Connect another model.")
    direction: Direction = "maximize" if GREATER_IS_BETTER[metric] else "minimize"
    bench = Bench(model, metric, settings.folds, context)
    course = _resumed(settings, bench, direction, kept := context.checkpoint())
    record, study = course.record, course.study
    try:
        _go_on(course, settings, bench, kept)
    except Cancelled:
        kept.write(course.standing, is_last=True)
        raise
    best = record.model or bench.refit(record.params)
    importance = _importance(study, record, context.seed)
    return best, Study(metric, direction, tuple(record.trials), record.best, importance)


@dataclass
class _Course:
    """A search under way. ``began_at``: by the monotonic clock, with the time of earlier attempts before it."""

    study: Any
    record: _Record
    began_at: float

    def standing(self) -> Standing:
        """Return the trials and the time so far."""
        trials = [(trial.params, trial.value, trial.state, trial.seconds) for trial in self.record.trials]
        return Standing({"trials": trials, "seconds": time.monotonic() - self.began_at})


def _go_on(course: _Course, settings: SearchSettings, bench: Bench, kept: Checkpoint) -> None:
    context, record = bench.context, course.record
    deadline = course.began_at + settings.seconds
    if not record.trials:
        context.progress(0, "The model as it came")
        first = bench.measure_incoming()
        _show(context, record, record.add(bench.model.learner.params, _own(bench.model), first))
        _tell_first(course.study, bench.model, first.value)
    for number in range(len(record.trials), settings.trials):
        context.progress(number / settings.trials, f"Trial {number + 1} of {settings.trials}")
        if time.monotonic() + _usual_seconds(record) > deadline:
            context.log(f"The time was over after {number} of {settings.trials} trials.")
            break
        _try_one(course.study, bench, record, deadline=deadline)
        _show(context, record, record.trials[-1])
        kept.write(course.standing)


def _resumed(settings: SearchSettings, bench: Bench, direction: Direction, kept: Checkpoint) -> _Course:
    """Return the search as an attempt before this one left it, or from the beginning.

    The sampler is asked again for every trial, so that its randomness stands where it stood.
    """
    seed, found = bench.context.seed, kept.read()
    course = _Course(_optuna_study(settings.sampler, direction, seed), _Record(direction), time.monotonic())
    if found is None:
        return course
    for params, value, state, seconds in found.facts["trials"]:
        if not _repeat(course, bench.model, params, value, state=state, seconds=seconds):
            bench.context.log("The search starts from the beginning: the sampler is not the one it was.")
            return _Course(_optuna_study(settings.sampler, direction, seed), _Record(direction), time.monotonic())
    course.began_at -= found.facts["seconds"]
    bench.context.log(f"Continued from trial {len(course.record.trials)}.")
    return course


def _repeat(
    course: _Course, model: Model, params: Mapping[str, Any], value: float | None, *, state: str, seconds: float
) -> bool:
    """Tell the study of a trial that was made before; return whether the sampler asks for the same one again."""
    from optuna.trial import TrialState

    record, known = course.record, math.nan if value is None else value
    if not record.trials:
        record.add(model.learner.params, params, Tried(known, seconds, model))
        _tell_first(course.study, model, known)
        return True
    asked, suggested = _ask(course.study, model)
    if suggested != params:
        return False
    if value is None:
        course.study.tell(asked, state=TrialState.FAIL)
        record.add_unfinished(suggested, state, seconds)
    else:
        course.study.tell(asked, value)
        record.add({**model.learner.params, **suggested}, suggested, Tried(value, seconds, None))
    return True


def _ask(study: Any, model: Model) -> tuple[Any, dict[str, Any]]:
    asked = study.ask()
    return asked, {dimension.name: _suggest(asked, dimension) for dimension in model.learner.space}


def _own(model: Model) -> dict[str, Any]:
    return {dimension.name: model.learner.params[dimension.name] for dimension in model.learner.space}


def choose_metric(model: Model, asked: str) -> str:
    """Return the measure to optimise.

    Raises:
        NodeError: It does not suit the task.
    """
    if asked == "auto":
        return HEADLINE[model.task]
    if asked not in model.metrics:
        raise NodeError(
            f"“{asked}” does not measure a {model.task} like this one. Choose one of "
            f"{', '.join(name for name in model.metrics if name in GREATER_IS_BETTER)}.",
            param="metric",
        )
    return asked


def _try_one(study: Any, bench: Bench, record: _Record, *, deadline: float) -> None:
    from optuna.trial import TrialState

    asked, suggested = _ask(study, bench.model)
    params = {**bench.model.learner.params, **suggested}
    started = time.monotonic()
    try:
        tried = bench.measure(params, deadline=deadline)
    except (OutOfTime, NodeError) as stopped:
        study.tell(asked, state=TrialState.FAIL)
        state = "pruned" if isinstance(stopped, OutOfTime) else "failed"
        record.add_unfinished(suggested, state, time.monotonic() - started)
        return
    if math.isfinite(tried.value):
        study.tell(asked, tried.value)
    else:
        study.tell(asked, state=TrialState.FAIL)
    record.add(params, suggested, tried)


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


def _optuna_study(sampler: str, direction: Direction, seed: int) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = (
        optuna.samplers.RandomSampler(seed=seed)
        if sampler == "random"
        else optuna.samplers.TPESampler(seed=seed, n_startup_trials=8)
    )
    return optuna.create_study(direction=direction, sampler=made)


def _suggest(asked: Any, dimension: Dimension) -> Any:
    if dimension.kind == "choice":
        return asked.suggest_categorical(dimension.name, list(dimension.choices))
    if dimension.kind == "integer":
        return asked.suggest_int(dimension.name, int(dimension.low), int(dimension.high), log=dimension.log)
    return asked.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)


def _distributions(model: Model) -> Iterator[tuple[str, Any]]:
    from optuna import distributions

    for dimension in model.learner.space:
        if dimension.kind == "choice":
            yield dimension.name, distributions.CategoricalDistribution(list(dimension.choices))
        elif dimension.kind == "integer":
            low, high = int(dimension.low), int(dimension.high)
            yield dimension.name, distributions.IntDistribution(low, high, log=dimension.log)
        else:
            yield dimension.name, distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _tell_first(study: Any, model: Model, value: float) -> None:
    """Let the sampler learn from the model as it came, where its parameters lie in the space."""
    from optuna.trial import create_trial

    own, space = _own(model), dict(_distributions(model))
    inside = all(
        own[name] in one.choices if hasattr(one, "choices") else one.low <= own[name] <= one.high
        for name, one in space.items()
    )
    if inside and math.isfinite(value):
        study.add_trial(create_trial(params=dict(own), distributions=space, value=value))


def _importance(study: Any, record: _Record, seed: int) -> dict[str, float]:
    """Return how much of the differences between trials each parameter explains, largest first; empty if unknown."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    values = {trial.value for trial in record.trials if trial.state == "done"}
    if len(values) < FEWEST_FOR_IMPORTANCE:
        return {}
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=16, seed=seed))
    return {name: float(share) for name, share in found.items()}
