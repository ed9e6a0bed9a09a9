"""A run context that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tasks.artifacts.checkpoints import decode, encode
from tasks.contract.checkpoint import Checkpoint, CheckpointState, NoCheckpoint
from tasks.contract.schema import Schema
from tasks.contract.table import Table


@dataclass
class ListContext:
    """Collects what a node reports."""

    tables: dict[str, Table] = field(default_factory=dict)
    seed: int = 7
    device: str = "cpu"
    workspace_path: Path = Path("/tmp")
    logs: list[str] = field(default_factory=list)
    points: list[tuple[str, float, float]] = field(default_factory=list)
    trials: list[object] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def progress(self, share: float, text: str = "") -> None:
        self.shares.append(share)

    def metric(self, name: str, value: float, step: float) -> None:
        self.points.append((name, value, step))

    def trial(self, trial: object) -> None:
        self.trials.append(trial)

    def log(self, text: str) -> None:
        self.logs.append(text)

    def cancelled(self) -> bool:
        return False

    def dataset(self, dataset_id: str) -> Table:
        return self.tables[dataset_id]

    def checkpoint(self) -> Checkpoint:
        return NoCheckpoint()


@dataclass(frozen=True)
class KnownSchemas:
    """Data sets by id, for `Node.infer`."""

    schemas: dict[str, Schema] = field(default_factory=dict)

    def dataset(self, dataset_id: str) -> Schema | None:
        return self.schemas.get(dataset_id)


@dataclass
class KeptContext(ListContext):
    """Keeps every checkpoint as bytes, like the store, for the context of the next attempt."""

    kept: dict[int, bytes] = field(default_factory=dict)
    asked: int = 0

    def checkpoint(self) -> MemoryCheckpoint:
        self.asked += 1
        return MemoryCheckpoint(self.kept, self.asked - 1)


@dataclass
class MemoryCheckpoint:
    """One checkpoint of a `KeptContext`."""

    kept: dict[int, bytes]
    slot: int

    def read(self) -> CheckpointState | None:
        return decode(self.kept[self.slot]) if self.slot in self.kept else None

    def write(self, make: Callable[[], CheckpointState], *, is_last: bool = False) -> None:
        self.kept[self.slot] = encode(make())
