"""The `RunContext` of a node that runs in the engine process."""

from __future__ import annotations

import dataclasses
import math
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.artifacts.store import Store
from tasks.contract.checkpoint import Checkpoint, NoCheckpoint
from tasks.contract.errors import Cancelled, NodeError
from tasks.contract.table import Table
from tasks.contract.values import Trial
from tasks.engine.channel import Channel
from tasks.engine.checkpoint import AttemptCheckpoint, ReportedEvents
from tasks.engine.event_batch import EventBatch
from tasks.graph.messages import Message


class AttemptContext:
    """The context of one attempt: sends events to the parent process, reads data sets from the store."""

    def __init__(self, request: Mapping[str, Any], store: Store, channel: Channel, events: EventBatch) -> None:
        self._request = request
        self._store = store
        self._channel = channel
        self._events = events
        self._workspace: Path | None = None
        self._checkpoints: list[AttemptCheckpoint] = []
        self._reported = ReportedEvents.after((request.get("checkpoint") or {}).get("reported"))

    @property
    def seed(self) -> int:
        """Seed of all randomness in the node."""
        return int(self._request.get("seed", 0))

    @property
    def device(self) -> str:
        """``cpu`` or a CUDA device."""
        return str(self._request.get("device") or "cpu")

    @property
    def workspace_path(self) -> Path:
        """Folder of this attempt, created on first use and removed when the attempt ends."""
        if self._workspace is None:
            parent = self._request.get("workspace") or None
            if parent:
                Path(parent).mkdir(parents=True, exist_ok=True)
            self._workspace = Path(tempfile.mkdtemp(prefix="attempt-", dir=parent))
        return self._workspace

    def progress(self, share: float, text: str = "") -> None:
        """Report the progress of the node. Raises `Cancelled` when the run was cancelled."""
        if self._channel.cancelled.is_set():
            raise Cancelled
        self._events.progress(share, text)

    def metric(self, name: str, value: float, step: float) -> None:
        """Add one point to a live curve."""
        shown = float(value) if math.isfinite(value) else None
        if self._reported.is_new_point(name, shown, float(step)):
            self._events.point(name, value, step)

    def trial(self, trial: Trial) -> None:
        """Report one trial of a search."""
        self._report_trial(to_json(dataclasses.asdict(trial)))

    def log(self, text: str) -> None:
        """Write a line to the node's log."""
        self._events.line(text)

    def cancelled(self) -> bool:
        """True once the run was cancelled."""
        return self._channel.cancelled.is_set()

    def dataset(self, dataset_id: str) -> Table:
        """Return a stored data set. Raises `NodeError` if it was deleted or may not be read."""
        digest = self._request.get("datasets", {}).get(dataset_id)
        if not digest or not self._store.exists(digest):
            raise NodeError(
                Message("file.gone", "This data set was deleted or you have no access to it. Choose another one."),
                param="dataset",
            )
        value = self._store.get(digest)
        if not isinstance(value, Table):
            raise TypeError(f"Data set {dataset_id} is stored as {type(value).__name__}.")
        return value

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint of the next long computation of this node."""
        place = self._request.get("checkpoint")
        if not place:
            return NoCheckpoint()
        made = AttemptCheckpoint(place, len(self._checkpoints), self._reported, self._replay, self.log)
        self._checkpoints.append(made)
        return made

    @property
    def has_checkpoint(self) -> bool:
        """Whether this attempt or an earlier one wrote a checkpoint."""
        return any(checkpoint.is_written for checkpoint in self._checkpoints)

    def _replay(self, points: list[Any], trials: list[Any]) -> None:
        for name, value, step in points:
            self.metric(name, math.nan if value is None else value, step)
        for trial in trials:
            self._report_trial(trial)

    def _report_trial(self, trial: dict[str, Any]) -> None:
        if self._reported.is_new_trial(trial):
            self._events.trial(trial)

    def close(self) -> None:
        """Remove the attempt's folder."""
        if self._workspace is not None:
            shutil.rmtree(self._workspace, ignore_errors=True)


def to_json(value: Any) -> Any:
    """Return the value as JSON data: NumPy numbers become Python's, numbers that JSON lacks become ``None``."""
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if hasattr(value, "tolist"):
        return to_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
