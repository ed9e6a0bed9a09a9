"""Boosted trees, grown round by round with LightGBM: curves, early stopping, and how far they are.

Trees that were cut off go on from their checkpoint and end bit for bit like trees grown in one piece, early stopping
and shares of rows and columns included. LightGBM itself goes on from trees but draws rows and columns anew from the
seed; `BoostedTrees` brings its randomness to where it stood. Where weights of 0 leave no row of one of several classes,
the columns are drawn otherwise than in one piece; the trees are as many and as good.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.contract.checkpoint import Checkpoint, CheckpointState, NoCheckpoint
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled
from tasks.graph.messages import Message
from tasks.native_libraries import import_lightgbm

_MODEL = "model"
_NO_SPLIT_IS_WORTH_IT = 1e300
_FEWEST_COLUMNS = 1e-9
_SEED_NOT_DERIVED = 2**20
"""LightGBM derives the seeds of columns from the one seed, all below 2**15. This one is another for sure."""
_CHECK_EVERY = 50
"""Rounds of catching up between two looks at whether the run was cancelled."""


Callback = Callable[[Any], None]
"""What LightGBM calls around every round, with its state."""


@dataclass
class Course:
    """The rounds so far. ``best``: the round with the smallest watched loss; 0 when none are watched."""

    rounds: int = 0
    best: int = 0
    best_loss: float = math.inf

    def add(self, watched: float | None) -> None:
        """Note a round and the loss on the watched rows after it."""
        self.rounds += 1
        if watched is not None and (not self.best or watched < self.best_loss):
            self.best, self.best_loss = self.rounds, watched

    def is_over(self, most: int, patience: int) -> bool:
        """Return whether there were ``most`` rounds, or ``patience`` (0: endless) without a better one."""
        return self.rounds >= most or bool(patience and self.best and self.rounds - self.best >= patience)


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """How to grow trees, and on what.

    Attributes:
        settings: LightGBM's parameters, among them ``seed``, ``feature_fraction`` and ``bagging_fraction``.
        training: The rows to fit on: a LightGBM data set of a matrix, not constructed yet.
        watched: Rows to watch, likewise, or ``None``.
        rounds: Rounds, at most; each grows one tree, or one for every class when there are more than two.
        patience: Rounds without a smaller watched loss before it stops; 0 never stops.
    """

    settings: Mapping[str, Any]
    training: Any
    watched: Any | None
    rounds: int
    patience: int

    def grow(self, context: RunContext, *, is_reported: bool = True) -> tuple[str, int]:
        """Return the trees and how many rounds they are of: all, or those up to the best where patience may end it.

        Rounds of an earlier attempt that was cut off are not grown again.

        Args:
            is_reported: Show curves and progress, and keep checkpoints; otherwise only ask whether to go on.

        Returns:
            LightGBM's text form, and the number of rounds in it.

        Raises:
            Cancelled: The run was cancelled.
        """
        checkpoint = context.checkpoint() if is_reported else NoCheckpoint()
        course, booster = self._resumed(checkpoint.read(), context)
        if not course.is_over(self.rounds, self.patience):
            booster = self._continued(course, booster, checkpoint, context, is_reported=is_reported)
        checkpoint.write(lambda: _state(course, booster), is_last=True)
        grown = int(booster.current_iteration())
        count = min(course.best, grown) if self.patience and course.best else grown
        return str(booster.model_to_string(num_iteration=count)), count

    @property
    def _trees_in_round(self) -> int:
        return int(self.settings.get("num_class", 1))

    @property
    def _draws_columns(self) -> bool:
        return bool(self.settings["feature_fraction"] < 1)

    def _resumed(self, state: CheckpointState | None, context: RunContext) -> tuple[Course, Any]:
        """Return the rounds and the trees that were state, or none when nothing was or it is of another table."""
        lightgbm = import_lightgbm()

        if state is None:
            return Course(), None
        before = lightgbm.Booster(model_str=state.arrays[_MODEL].tobytes().decode())
        shape = (before.num_feature(), before.num_model_per_iteration())
        if shape != (self.training.data.shape[1], self._trees_in_round):
            return Course(), None
        course = Course(**state.facts)
        context.log(Message("log.continued_tree", "Continued from tree {tree}.", tree=course.rounds))
        return course, before

    def _continued(
        self, course: Course, before: Any, checkpoint: Checkpoint, context: RunContext, *, is_reported: bool
    ) -> Any:
        """Return the booster with the rounds that ``course`` lacks; ``before``: the trees so far, or ``None``."""
        lightgbm = import_lightgbm()

        sets = {"train": self.training} | ({} if self.watched is None else {"valid": self.watched})
        settings, callbacks = dict(self.settings), [self._telling(course, checkpoint, context, is_reported=is_reported)]
        if before is not None:
            settings |= self._idle()
            callbacks.append(self._catching_up(course.rounds, context))
        return lightgbm.train(
            settings,
            self.training,
            num_boost_round=self.rounds - course.rounds,
            valid_sets=list(sets.values()),
            valid_names=list(sets),
            callbacks=callbacks,
            init_model=before,
        )

    def _telling(self, course: Course, checkpoint: Checkpoint, context: RunContext, *, is_reported: bool) -> Callback:
        """Return what notes, shows and keeps every round, and says when it is enough."""
        lightgbm = import_lightgbm()

        def tell(state: Any) -> None:
            losses = {name: float(value) for name, _, value, _ in state.evaluation_result_list}
            course.add(losses.get("valid"))
            for name, loss in losses.items() if is_reported else ():
                context.metric(f"{name}_loss", loss, course.rounds)
            is_cancelled = context.cancelled()
            checkpoint.write(lambda: _state(course, state.model), is_last=is_cancelled)
            if is_cancelled:
                raise Cancelled
            if is_reported and course.rounds % 10 == 0:
                context.progress(
                    course.rounds / self.rounds,
                    Message("progress.tree", "Tree {tree:,} of {count:,}", tree=course.rounds, count=self.rounds),
                )
            if course.rounds < self.rounds and course.is_over(self.rounds, self.patience):
                raise lightgbm.EarlyStopException(course.best - 1, state.evaluation_result_list)

        return tell

    def _catching_up(self, behind: int, context: RunContext) -> Callback:
        """Return what brings the randomness to where it stood after the rounds ``behind``, before the next one.

        Rows: every round that `_idle` leaves empty draws them once. Columns: their generator begins again where its
        seed changes, and draws once whenever parameters are set, just as it did at the start and for every tree.
        """
        real = {"min_gain_to_split": self.settings.get("min_gain_to_split", 0.0), "num_iterations": self.rounds}
        if self._draws_columns:
            real |= {"feature_fraction": self.settings["feature_fraction"], "seed": self.settings["seed"]}

        def catch_up(state: Any) -> None:
            if state.iteration > state.begin_iteration:
                return
            for done in range(behind if self.settings["bagging_fraction"] < 1 else 0):
                if done % _CHECK_EVERY == 0 and context.cancelled():
                    raise Cancelled
                state.model.update()
            for _ in range(1 + (behind * self._trees_in_round if self._draws_columns else 0)):
                state.model.reset_parameter(real)

        catch_up.before_iteration = True  # type: ignore[attr-defined]
        return catch_up

    def _idle(self) -> dict[str, Any]:
        """Return parameters with which a round draws its rows as always and quickly grows nothing."""
        idle: dict[str, Any] = {"min_gain_to_split": _NO_SPLIT_IS_WORTH_IT}
        if self._draws_columns:
            idle |= {"feature_fraction": _FEWEST_COLUMNS, "feature_fraction_seed": _SEED_NOT_DERIVED}
        return idle


def _state(course: Course, booster: Any) -> CheckpointState:
    text = booster.model_to_string(num_iteration=-1)
    return CheckpointState(dataclasses.asdict(course), {_MODEL: np.frombuffer(text.encode(), dtype=np.uint8)})
