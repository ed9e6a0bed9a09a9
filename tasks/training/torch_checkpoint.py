"""Where a torch training stands, as data that another process goes on from: bit for bit the same on the CPU."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.contract.checkpoint import CheckpointState


@dataclass(frozen=True)
class Epoch:
    """One finished pass. ``valid_loss`` is ``None`` without validation rows."""

    number: int
    train_loss: float
    valid_loss: float | None
    is_best: bool


@dataclass
class TrainingHistory:
    """The epochs so far. ``best``: smallest watched loss; ``waited``: epochs since then."""

    epochs: list[Epoch] = field(default_factory=list)
    best: float = math.inf
    waited: int = 0

    def add(self, epoch: Epoch) -> bool:
        """Note an epoch and return whether it is the best so far."""
        self.epochs.append(epoch)
        if epoch.is_best:
            self.best = epoch.train_loss if epoch.valid_loss is None else epoch.valid_loss
        self.waited = 0 if epoch.is_best else self.waited + 1
        return epoch.is_best


@dataclass(frozen=True)
class TrainingState:
    """What changes while a network learns. ``best``: file of the best weights, once there are some."""

    network: Any
    optimiser: Any
    scaler: Any
    generator: Any
    best: Path


def capture(course: TrainingHistory, parts: TrainingState) -> CheckpointState:
    """Return the state after a finished epoch: weights, optimiser, randomness and epochs."""
    import torch
    from safetensors.numpy import load_file

    arrays = {f"network/{name}": _array(value) for name, value in parts.network.state_dict().items()}
    if parts.best.exists():
        arrays |= {f"best/{name}": value for name, value in load_file(parts.best).items()}
    for at, state in parts.optimiser.state_dict()["state"].items():
        arrays |= {f"optimiser/{at}/{name}": _array(value) for name, value in state.items()}
    arrays["random/shuffle"] = _array(parts.generator.get_state())
    arrays["random/torch"] = _array(torch.get_rng_state())
    if parts.generator.device.type == "cuda":
        arrays["random/cuda"] = _array(torch.cuda.get_rng_state(parts.generator.device))
    facts = {
        "epochs": [dataclasses.astuple(epoch) for epoch in course.epochs],
        "waited": course.waited,
        "scaler": parts.scaler.state_dict(),
    }
    return CheckpointState(facts, arrays)


def restore(stored: CheckpointState, parts: TrainingState) -> TrainingHistory | None:
    """Restore the parts from a checkpoint and return the history, or ``None`` for another network's checkpoint."""
    import torch
    from safetensors.numpy import save_file

    network = {name: torch.from_numpy(value.copy()) for name, value in _under(stored, "network/").items()}
    own = {name: tuple(value.shape) for name, value in parts.network.state_dict().items()}
    if {name: tuple(value.shape) for name, value in network.items()} != own:
        return None
    parts.network.load_state_dict(network)
    groups = parts.optimiser.state_dict()["param_groups"]
    state: dict[int, dict[str, Any]] = {}
    for path, value in _under(stored, "optimiser/").items():
        at, _, name = path.partition("/")
        state.setdefault(int(at), {})[name] = torch.from_numpy(value.copy())
    parts.optimiser.load_state_dict({"state": state, "param_groups": groups})
    if stored.facts["scaler"] and parts.scaler.is_enabled():
        parts.scaler.load_state_dict(stored.facts["scaler"])
    if best := _under(stored, "best/"):
        save_file(best, parts.best)
    _restore_randomness(stored, parts)
    course = TrainingHistory()
    for number, train_loss, valid_loss, is_best in stored.facts["epochs"]:
        course.add(Epoch(number, train_loss, valid_loss, is_best))
    return course


def _restore_randomness(state: CheckpointState, parts: TrainingState) -> None:
    import torch

    torch.set_rng_state(torch.from_numpy(state.arrays["random/torch"].copy()))
    is_cuda = parts.generator.device.type == "cuda"
    if is_cuda != ("random/cuda" in state.arrays):  # of another kind of device: its numbers cannot be gone on with
        return
    parts.generator.set_state(torch.from_numpy(state.arrays["random/shuffle"].copy()))
    if is_cuda:
        torch.cuda.set_rng_state(torch.from_numpy(state.arrays["random/cuda"].copy()), parts.generator.device)


def _under(state: CheckpointState, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in state.arrays.items() if name.startswith(prefix)}


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy()
