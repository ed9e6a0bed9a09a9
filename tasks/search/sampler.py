"""What is left to Optuna: which settings to try next, which trial to give up, which parameters mattered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tasks.contract.model import Dimension, Model
from tasks.search.trials import Pruned

Direction: TypeAlias = Literal["maximize", "minimize"]
Sampler: TypeAlias = Literal["tpe", "genetic", "random"]

FEWEST_FOR_IMPORTANCE = 5
LOOK_EVERY = 5
"""Points of a curve between two looks at whether to go on."""
FIRST_FOLD = 1_000_000
"""Step of the first fold: beyond that of any curve's point."""


def optuna_study(sampler: Sampler, direction: Direction, trials: int, seed: int) -> Any:
    """Return an empty study. ``trials``: how many there will be at most, by which generations are sized."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers = optuna.samplers
    made: Any
    if sampler == "genetic":
        made = samplers.NSGAIISampler(seed=seed, population_size=min(max(trials // 4, 4), 50))
    elif sampler == "random":
        made = samplers.RandomSampler(seed=seed)
    else:
        made = samplers.TPESampler(seed=seed, n_startup_trials=8)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2 * LOOK_EVERY)
    return optuna.create_study(direction=direction, sampler=made, pruner=pruner)


def ask(study: Any, model: Model) -> tuple[Any, dict[str, Any]]:
    """Return Optuna's next trial and the parameters it suggests."""
    trial = study.ask()
    return trial, {dimension.name: _suggest(trial, dimension) for dimension in model.learner.space}


def own_params(model: Model) -> dict[str, Any]:
    """Return the parameters that may be searched as the model has them."""
    return {dimension.name: model.learner.params[dimension.name] for dimension in model.learner.space}


def add_original_trial(study: Any, model: Model, value: float) -> None:
    """Add the trial of the model's own parameters to the study, if they lie in the search space."""
    from optuna.trial import create_trial

    own, space = own_params(model), dict(_distributions(model))
    inside = all(
        own[name] in one.choices if hasattr(one, "choices") else one.low <= own[name] <= one.high
        for name, one in space.items()
    )
    if inside and math.isfinite(value):
        study.add_trial(create_trial(params=dict(own), distributions=space, value=value))


def relative_learning_rate(usual: Mapping[str, Any], params: Mapping[str, Any]) -> float:
    """Return how far a candidate comes in a round, in rounds of the ``usual`` learning rate; 1 without such a rate.

    Equal rounds of different learning rates say little: the smaller one is behind and may be ahead in the end. The sum
    of the rates so far is what curves are compared at.
    """
    ours, theirs = params.get("learning_rate"), usual.get("learning_rate")
    return float(ours / theirs) if ours and theirs else 1.0


def importance(study: Any, values: Iterable[float | None], seed: int) -> dict[str, float]:
    """Return how much of the differences between trials each parameter explains, largest first; empty if unknown.

    Args:
        study: After its trials.
        values: Those of the finished trials.
        seed: Of the forest that explains.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    if len(set(values)) < FEWEST_FOR_IMPORTANCE:
        return {}
    try:
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=16, seed=seed))
    except RuntimeError:  # differences too small for the forest that explains them
        return {}
    return {name: float(share) for name, share in found.items()}


@dataclass
class OptunaReporter:
    """Reports intermediate values of a candidate to Optuna, and stops it when Optuna's pruner decides so.

    ``direction``: of the measure; losses are negated for ``maximize``. ``pace``: how fast the candidate learns in a
    round, see `relative_learning_rate`. ``reported``: steps and values so far.
    """

    optuna_trial: Any
    direction: str
    pace: float = 1.0
    reported: list[tuple[int, float]] = field(default_factory=list)

    def curve(self, loss: float, step: int) -> None:
        """Report every few points of the watched loss; a slow one has gone as far as others only after more rounds."""
        before, here = (int(rounds * self.pace) // LOOK_EVERY for rounds in (step - 1, step))
        if here == before or not math.isfinite(loss):
            return
        value = -loss if self.direction == "maximize" else loss
        self.repeat([(place * LOOK_EVERY, value) for place in range(before + 1, here)])
        self._report(value, here * LOOK_EVERY)

    def fold(self, value: float, number: int) -> None:
        """Report the folds of a learner that has no curve; the two are not comparable."""
        if all(step >= FIRST_FOLD for step, _ in self.reported) and math.isfinite(value):
            self._report(value, FIRST_FOLD + number)

    def _report(self, value: float, step: int) -> None:
        self.repeat([(step, value)])
        if self.optuna_trial.should_prune():
            raise Pruned

    def repeat(self, reported: Iterable[tuple[int, float]]) -> None:
        """Report values of an earlier attempt again, without pruning."""
        for step, value in reported:
            self.optuna_trial.report(value, step)
            self.reported.append((step, value))


def _suggest(trial: Any, dimension: Dimension) -> Any:
    if dimension.kind == "choice":
        return trial.suggest_categorical(dimension.name, list(dimension.choices))
    if dimension.kind == "integer":
        return trial.suggest_int(dimension.name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)


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
