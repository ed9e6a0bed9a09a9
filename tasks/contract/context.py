"""The context of a node: all that it gets besides its inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tasks.contract.checkpoint import Checkpoint
from tasks.contract.schema import Schema
from tasks.contract.table import Table
from tasks.contract.values import Trial


class RunContext(Protocol):
    """A node's window to the run it is part of."""

    @property
    def seed(self) -> int:
        """Seed of all randomness in the node."""
        ...

    @property
    def device(self) -> str:
        """``cpu`` or a CUDA device (``cuda:0``)."""
        ...

    @property
    def workspace_path(self) -> Path:
        """Folder of this attempt; removed when it ends."""
        ...

    def progress(self, share: float, text: str = "") -> None:
        """Say how far the node is. Raises `Cancelled` when the run was cancelled.

        Args:
            share: From 0 to 1.
            text: What it does now; a `Message` where the page can translate it.
        """
        ...

    def metric(self, name: str, value: float, step: float) -> None:
        """Add one point to a live curve."""
        ...

    def trial(self, trial: Trial) -> None:
        """Show one try of a search."""
        ...

    def log(self, text: str) -> None:
        """Write a line to the node's log; a `Message` where the page can translate it."""
        ...

    def cancelled(self) -> bool:
        """True once the run was cancelled; long loops ask and stop."""
        ...

    def dataset(self, dataset_id: str) -> Table:
        """Return a stored data set. Raises `NodeError` if it does not exist or may not be read."""
        ...

    def checkpoint(self) -> Checkpoint:
        """Return where the next long computation of this node keeps how far it is; ask once for each, in order."""
        ...


class Known(Protocol):
    """What is known before a run, for `Node.infer`."""

    def dataset(self, dataset_id: str) -> Schema | None:
        """Return the columns of a stored data set, or ``None`` if unknown."""
        ...
