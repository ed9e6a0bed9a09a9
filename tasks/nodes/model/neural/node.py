"""A neural network for tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Task
from tasks.contract.node import Estimate
from tasks.inference.estimators import NetworkEstimator
from tasks.nodes.model.learner_node import Cost, LearnerNode, halvings
from tasks.training.fit_limits import limits_of
from tasks.training.learner_params import FORMER_DEFAULTS, LearnerParams
from tasks.training.training_data import Prepared

GPU_START_BYTES = 600_000_000
"""What CUDA and PyTorch take on a GPU whatever is learned."""
GPU_CELL_BYTES = 8
"""A column's value in 32 bits, once more in the shuffled rows of an epoch."""
BYTES_OF_A_WEIGHT = 16
"""A weight in 32 bits, its gradient, and two moments of the optimiser."""
BYTES_OF_A_UNIT = 16
"""What a unit keeps of each row of a batch until the gradient has come back: its sum, what it gives, and a mask."""
JUDGED_AT_ONCE = 8192
"""Rows whose loss is computed at once, see `Trainer.loss_of`."""
SMALLEST_BATCH = 32
NARROWEST = 16


class Neural(LearnerNode):
    """Predicts with a small neural network that learns in passes over the data.

    Good where the answer changes smoothly with the columns. Shows the loss of training and validation rows after
    every pass, keeps the best weights, and uses a graphics card where the machine has one.
    """

    title = "Neural network"
    icon = "brain"
    keywords = ("mlp", "deep learning", "torch", "pytorch", "neural", "regression", "classification", "gpu")
    version = 3
    former_defaults: ClassVar = {3: FORMER_DEFAULTS}
    renamed = {2: {"layers": "num_layers", "width": "hidden_size", "largest_gradient": "gradient_clip_norm"}}
    uses_gpu = True
    libraries = ("torch",)
    space = (
        Dimension("learning_rate", "float", 1e-4, 2e-2, log=True),
        Dimension("hidden_size", "integer", 32, 512, log=True),
        Dimension("num_layers", "integer", 1, 4),
        Dimension("dropout", "float", 0.0, 0.5),
        Dimension("weight_decay", "float", 1e-6, 1e-1, log=True),
    )
    cost = Cost(start_seconds=2.0, cell_seconds=2e-8, start_bytes=400_000_000, cell_bytes=24)

    class Params(LearnerParams):
        num_layers: int = setting(
            2, ge=1, le=10, title="Hidden layers", description="Layers between the columns and the answer."
        )
        hidden_size: int = setting(
            128, ge=1, le=4096, title="Layer width", description="Units in each hidden layer.", unit="units"
        )
        epochs: int = setting(30, ge=1, le=5000, title="Epochs", description="Passes over the training rows, at most.")
        learning_rate: float = setting(
            3e-3, gt=0, le=1, title="Learning rate", description="Step size of learning at its largest."
        )
        batch_size: int = setting(
            0,
            ge=0,
            le=1_000_000,
            title="Batch size",
            description="Rows per step of learning. 0: by the number of rows, 32 to 1,024.",
            unit="rows",
        )
        patience: int = setting(
            8,
            ge=0,
            le=1000,
            title="Patience",
            description="Stop after so many epochs without improvement on the validation rows. 0: never stop early.",
            unit="epochs",
        )
        dropout: float = setting(
            0.1,
            ge=0,
            lt=1,
            title="Dropout",
            description="Share of units left out at random while learning.",
            advanced=True,
        )
        weight_decay: float = setting(
            1e-3,
            ge=0,
            le=10,
            title="Weight decay",
            description="Pulls the weights towards zero. 0: not at all.",
            advanced=True,
        )
        activation: Literal["silu", "relu"] = setting(
            "silu",
            title="Activation",
            description="Function of each unit. SiLU is smoother, ReLU faster.",
            advanced=True,
        )
        schedule: Literal["one_cycle", "cosine", "constant"] = setting(
            "one_cycle",
            title="Learning rate schedule",
            description="One cycle rises first and then falls to zero; cosine only falls; constant stays.",
            advanced=True,
        )
        gradient_clip_norm: float = setting(
            0.0,
            ge=0,
            le=1000,
            title="Gradient clipping",
            description="A step's gradient with a larger norm is scaled down to this. 0: no limit.",
            advanced=True,
        )
        precision: Literal["auto", "full", "mixed"] = setting(
            "auto",
            title="Precision",
            description=(
                "Mixed computes in 16 bits where that is exact enough, which is faster on graphics cards. Auto: mixed "
                "on a graphics card, else full."
            ),
            advanced=True,
        )

    @staticmethod
    def fit(prepared: Prepared, params: Params, context: RunContext) -> NetworkEstimator:
        """Return the network with its best weights."""
        return _fit(prepared, params, context)

    @staticmethod
    def effort(params: Params) -> float:
        """Return passes through layers, wider ones counting more."""
        return params.epochs * params.num_layers * (params.hidden_size + 30) / 30

    @classmethod
    def estimate(cls, rows: int, columns: int, params: Params) -> Estimate:
        """Return what was measured, scaled to this size; the network and a step of learning are on the GPU, if any."""
        known, sizes = super().estimate(rows, columns, params), [columns, *[params.hidden_size] * params.num_layers]
        weights = sum(below * above for below, above in zip(sizes, [*sizes[1:], 1], strict=True))
        learned = min(rows, _batch_size(rows, params)) * sum(sizes) * BYTES_OF_A_UNIT
        judged = min(rows, JUDGED_AT_ONCE) * max(sizes) * BYTES_OF_A_UNIT // 2
        step = weights * BYTES_OF_A_WEIGHT + max(learned, judged)
        return replace(
            known,
            memory_bytes=known.memory_bytes + step,
            gpu_bytes=GPU_START_BYTES + rows * (columns + 1) * GPU_CELL_BYTES + step,
        )

    @staticmethod
    def lighter(rows: int, params: Params) -> Iterable[Mapping[str, Any]]:
        """Return smaller batches, then narrower layers."""
        yield from halvings("batch_size", min(rows, _batch_size(rows, params)), SMALLEST_BATCH)
        yield from halvings("hidden_size", params.hidden_size, NARROWEST)


def _batch_size(rows: int, params: Any) -> int:
    return params.batch_size or int(np.clip(rows // 80, 32, 1024))


def _fit(prepared: Prepared, params: Any, context: RunContext) -> NetworkEstimator:
    import torch

    from tasks.training.loop import LoopSettings, Rows, Trainer
    from tasks.training.network import as_estimator, feed_forward

    limits = limits_of(context)
    fitted, watched = prepared.watched(context.seed)
    if limits.rounds is not None:
        fitted, watched = prepared.table.training_mask, np.zeros(prepared.table.rows, dtype=bool)
    matrix, truth = prepared.matrix[fitted], prepared.truth[fitted]
    mean, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    target, outputs, link = _ends(prepared, truth)
    device = torch.device(context.device)
    torch.manual_seed(context.seed)
    network = feed_forward(
        len(prepared.features),
        [params.hidden_size] * params.num_layers,
        outputs,
        activation=params.activation,
        dropout=params.dropout,
    ).to(device)

    def rows(mask: np.ndarray) -> Rows:
        scaled = ((prepared.matrix[mask] - mean) / scale).astype(np.float32)
        weight = prepared.weights(is_balanced=params.balance_classes, rows=mask)
        return Rows(
            torch.from_numpy(scaled).to(device),
            _truth_tensor(prepared, mask, target).to(device),
            None if weight is None else torch.from_numpy(weight.astype(np.float32)).to(device),
        )

    settings = LoopSettings(
        epochs=params.epochs,
        batch_size=_batch_size(len(truth), params),
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        schedule=params.schedule,
        patience=params.patience,
        gradient_clip_norm=params.gradient_clip_norm,
        stop_after=limits.rounds or 0,
        precision=params.precision,
    )
    trainer = Trainer(network, _loss(prepared), settings, context)
    epochs = trainer.fit(rows(fitted), rows(watched) if watched.any() else None)
    limits.found.append(max(epoch.number for epoch in epochs if epoch.is_best))
    return as_estimator(network, activation=params.activation, mean=mean, scale=scale, link=link, target=target)


def _ends(prepared: Prepared, truth: np.ndarray) -> tuple[tuple[float, float], int, str]:
    """Return mean and scale of the target, the number of outputs, and the link."""
    if prepared.task is Task.REGRESSION:
        return (float(truth.mean()), float(truth.std()) or 1.0), 1, "identity"
    count = len(prepared.classes)
    return (0.0, 1.0), 1 if count == 2 else count, "sigmoid" if count == 2 else "softmax"


def _truth_tensor(prepared: Prepared, mask: np.ndarray, target: tuple[float, float]) -> Any:
    import torch

    truth = prepared.truth[mask]
    if prepared.task is Task.CLASSIFICATION and len(prepared.classes) > 2:
        return torch.from_numpy(truth)
    return torch.from_numpy(((truth - target[0]) / target[1]).astype(np.float32))


def _loss(prepared: Prepared) -> Any:
    from torch.nn import functional

    if prepared.task is Task.REGRESSION:
        return lambda outputs, truth: functional.mse_loss(outputs[:, 0], truth, reduction="none")
    if len(prepared.classes) == 2:
        return lambda outputs, truth: functional.binary_cross_entropy_with_logits(
            outputs[:, 0], truth, reduction="none"
        )
    return lambda outputs, truth: functional.cross_entropy(outputs, truth, reduction="none")
