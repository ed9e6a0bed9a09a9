"""A context for fits that are no node of their own: a search's candidates, and the folds that choose a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tasks.contract.checkpoint import Checkpoint, NoCheckpoint
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled
from tasks.contract.table import Table
from tasks.contract.values import Trial
from tasks.training.fit_limits import FitLimits, OutOfTime


class LossReporter(Protocol):
    """Looks at the watched loss of a fit."""

    def curve(self, loss: float, step: int) -> None:
        """Look at a point of the first fit's watched loss; less is better."""


@dataclass
class SilentContext:
    """The run's context as one of many fits sees it: same seed and device, no curves, and an end.

    ``reporter``: who looks at the watched loss; nobody when ``None``.
    """

    context: RunContext
    limits: FitLimits
    reporter: LossReporter | None = None

    @property
    def seed(self) -> int:
        """Seed of all randomness."""
        return self.context.seed

    @property
    def device(self) -> str:
        """Device of the run."""
        return self.context.device

    @property
    def workspace_path(self) -> Path:
        """Folder of the attempt."""
        return self.context.workspace_path

    def progress(self, share: float, text: str = "") -> None:  # noqa: ARG002
        """Only look whether to go on."""
        if self.cancelled():
            raise Cancelled

    def metric(self, name: str, value: float, step: float) -> None:
        """Only look whether to go on: the curves of many fits would bury those of the node."""
        self.progress(0)
        if self.reporter is not None and name == "valid_loss":
            self.reporter.curve(value, int(step))

    def trial(self, trial: Trial) -> None:
        """Show nothing."""

    def log(self, text: str) -> None:
        """Say nothing."""

    def cancelled(self) -> bool:
        """True once the run was cancelled. Raises `OutOfTime` at the deadline, since loops ask nothing else."""
        if self.limits.clock() >= self.limits.deadline:
            raise OutOfTime
        return self.context.cancelled()

    def dataset(self, dataset_id: str) -> Table:
        """Return a stored data set."""
        return self.context.dataset(dataset_id)

    def checkpoint(self) -> Checkpoint:
        """Keep nothing: who fits many times keeps what came of them."""
        return NoCheckpoint()
