"""The torch loop: bare tensors, one shuffle per epoch, a fused optimiser; curves, early stopping and the best weights.

No loader: a table fits in memory, and a loader that gathers row by row takes most of the time of a small network.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import uuid4

from tasks.contract.checkpoint import Checkpoint, CheckpointState
from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled, NodeError
from tasks.graph.messages import Message
from tasks.training import torch_checkpoint
from tasks.training.torch_checkpoint import Epoch, TrainingHistory, TrainingState

BEST = "best.safetensors"
CHECK_EVERY = 50
"""Batches between two looks at whether the run was cancelled."""
CHECK_SECONDS = 0.2
"""Seconds after which it looks all the same, where batches are slow."""
PRODUCTS_FOR_THREADS = 64_000_000
"""Products in one step of learning from which several threads pay."""

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs (rows, outputs) and truth to one loss per row, shape (rows,)."""


@dataclass(frozen=True)
class LoopSettings:
    """How to train.

    Attributes:
        epochs: Passes over the training rows, at most.
        batch_size: Rows per step.
        learning_rate: Largest learning rate.
        weight_decay: Of AdamW.
        schedule: ``cosine`` falls to zero, ``one_cycle`` rises over the first third first.
        patience: Epochs without a better validation loss before it stops; 0 never stops.
        gradient_clip_norm: Norm that a step's gradient is scaled down to; 0 for no limit.
        stop_after: Epochs after which it ends, on a schedule made for ``epochs``; 0 goes on to the last.
        precision: ``mixed`` computes in half precision where that is exact enough, ``full`` never does, ``auto`` does
            on a CUDA device.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine", "one_cycle"] = "cosine"
    patience: int = 0
    gradient_clip_norm: float = 0.0
    stop_after: int = 0
    precision: Literal["auto", "full", "mixed"] = "auto"


class Hook(Protocol):
    """Something that looks at every finished epoch."""

    def __call__(self, network: Any, epoch: Epoch) -> None:
        """Look at the network as it is after ``epoch``."""
        ...


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as tensors on one device. ``weight``: shape (rows,), or ``None`` when all count alike."""

    inputs: Tensor
    truth: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    def take(self, order: Tensor) -> Rows:
        """Return the rows in another order."""
        return Rows(self.inputs[order], self.truth[order], None if self.weight is None else self.weight[order])

    def batch(self, start: int, size: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return a view of ``size`` rows from ``start`` on."""
        end = start + size
        return self.inputs[start:end], self.truth[start:end], None if self.weight is None else self.weight[start:end]


class Trainer:
    """Trains one network and leaves it with the weights that were best on the validation rows.

    Args:
        network: A torch module on the device of the rows.
        loss: See `Loss`.
        settings: How to train.
        context: Curves and progress go here; cancelling comes from here.
        hooks: Called after every epoch, in order.
    """

    def __init__(
        self, network: Any, loss: Loss, settings: LoopSettings, context: RunContext, *, hooks: Sequence[Hook] = ()
    ) -> None:
        import torch

        self._torch = torch
        self._network = network
        self._loss = loss
        self._settings = settings
        self._context = context
        self._hooks = tuple(hooks)
        self._parameters = list(network.parameters())
        self._device = self._parameters[0].device
        self._optimiser = torch.optim.AdamW(
            self._parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        is_cuda = self._device.type == "cuda"
        is_half = settings.precision == "mixed" or (settings.precision == "auto" and is_cuda)
        is_brain = not is_cuda or torch.cuda.is_bf16_supported()
        self._half = (torch.bfloat16 if is_brain else torch.float16) if is_half else None
        self._scaler = torch.amp.GradScaler("cuda", enabled=self._half is torch.float16)

    def fit(self, training: Rows, valid: Rows | None = None) -> list[Epoch]:
        """Train and return every epoch; those of an earlier attempt that was cut off are not trained again.

        Raises:
            Cancelled: The run was cancelled; the network keeps the weights it has.
            NodeError: The loss is no longer a number.
        """
        best = self._context.workspace_path / f"{uuid4().hex}-{BEST}"
        try:
            with self._threads():
                return self._fit(training, valid, best)
        finally:
            best.unlink(missing_ok=True)  # a search trains many times in one attempt's folder

    def _fit(self, training: Rows, valid: Rows | None, best: Path) -> list[Epoch]:
        settings, checkpoint = self._settings, self._context.checkpoint()
        generator = self._torch.Generator(device=self._device).manual_seed(self._context.seed)
        parts = TrainingState(self._network, self._optimiser, self._scaler, generator, best)
        course = self._resumed(checkpoint.read(), parts)
        steps = math.ceil(len(training) / settings.batch_size)
        last = min(settings.epochs, settings.stop_after or settings.epochs)
        for number in range(len(course.epochs) + 1, last + 1):
            if self._has_waited(course, valid):
                break
            train_loss = self._epoch(training, generator, number - 1, steps)
            valid_loss = self.loss_of(valid) if valid is not None else None
            watched = train_loss if valid_loss is None else valid_loss
            if not math.isfinite(watched):
                raise NodeError(
                    Message(
                        "training.loss_diverged",
                        "The loss is no longer a finite number in epoch {epoch}. Lower the learning rate.",
                        epoch=number,
                    ),
                    param="learning_rate",
                )
            is_best = course.add(Epoch(number, train_loss, valid_loss, watched < course.best))
            if is_best:
                self._save(best)
            self._tell(course, checkpoint, parts)
        if self._has_waited(course, valid):
            self._context.log(
                Message(
                    "log.stopped_early",
                    "Stopped after {count} epochs: the last {waited} brought nothing.",
                    count=len(course.epochs),
                    waited=course.waited,
                )
            )
        checkpoint.write(lambda: torch_checkpoint.capture(course, parts), is_last=True)
        self._restore(best)
        return course.epochs

    def _resumed(self, state: CheckpointState | None, parts: TrainingState) -> TrainingHistory:
        course = torch_checkpoint.restore(state, parts) if state is not None else None
        if course is None:
            return TrainingHistory()
        self._context.log(Message("log.continued_epoch", "Continued from epoch {epoch}.", epoch=len(course.epochs)))
        return course

    def _has_waited(self, course: TrainingHistory, valid: Rows | None) -> bool:
        return bool(self._settings.patience) and valid is not None and course.waited >= self._settings.patience

    def loss_of(self, rows: Rows) -> float:
        """Return the mean loss of the rows, without training on them."""
        self._network.eval()
        total = 0.0
        size = max(self._settings.batch_size, 8192)
        with self._torch.inference_mode():
            for start in range(0, len(rows), size):
                if self._context.cancelled():
                    raise Cancelled
                inputs, truth, weight = rows.batch(start, size)
                with self._precision():
                    losses = self._loss(self._network(inputs).float(), truth)
                total += float((losses if weight is None else losses * weight).sum())
        return total / len(rows)

    def _epoch(self, training: Rows, generator: Any, number: int, steps: int) -> float:
        """Train on all rows once; the only place that is worth its microseconds."""
        torch, network, optimiser, scaler = self._torch, self._network, self._optimiser, self._scaler
        size, group, limit = self._settings.batch_size, optimiser.param_groups[0], self._settings.gradient_clip_norm
        network.train()
        order = torch.randperm(len(training), generator=generator, device=self._device)
        shuffled = training.take(order)
        total, looked = torch.zeros((), device=self._device), time.monotonic()
        for step, start in enumerate(range(0, len(training), size)):
            if step % CHECK_EVERY == 0 or time.monotonic() - looked > CHECK_SECONDS:
                if self._context.cancelled():
                    raise Cancelled
                looked = time.monotonic()
            group["lr"] = self._learning_rate((number * steps + step) / (self._settings.epochs * steps))
            inputs, truth, weight = shuffled.batch(start, size)
            with self._precision():
                outputs = network(inputs)
            losses = self._loss(outputs.float(), truth)
            loss = losses.mean() if weight is None else (losses * weight).mean()
            optimiser.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()
            if limit:
                scaler.unscale_(optimiser)
                torch.nn.utils.clip_grad_norm_(self._parameters, limit)
            scaler.step(optimiser)
            scaler.update()
            total += loss.detach() * len(inputs)
        return float(total) / len(training)

    def _learning_rate(self, done: float) -> float:
        """Return the learning rate when a share ``done`` (0 to 1) of all steps is behind."""
        largest, schedule = self._settings.learning_rate, self._settings.schedule
        if schedule == "constant":
            return largest
        rise = 0.3 if schedule == "one_cycle" else 0.0
        if done < rise:
            return largest * (0.04 + 0.96 * done / rise)
        return largest * 0.5 * (1 + math.cos(math.pi * (done - rise) / (1 - rise)))

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """One thread where a step is small: several would wait for each other longer than they work."""
        before = self._torch.get_num_threads()
        weights = sum(parameter.numel() for parameter in self._network.parameters())
        if self._device.type == "cpu" and weights * self._settings.batch_size < PRODUCTS_FOR_THREADS:
            self._torch.set_num_threads(1)
        try:
            yield
        finally:
            self._torch.set_num_threads(before)

    def _precision(self) -> AbstractContextManager[Any]:
        if self._half is None:
            return nullcontext()
        return self._torch.autocast(self._device.type, dtype=self._half)

    def _tell(self, course: TrainingHistory, checkpoint: Checkpoint, parts: TrainingState) -> None:
        epoch = course.epochs[-1]
        self._context.metric("train_loss", epoch.train_loss, epoch.number)
        if epoch.valid_loss is not None:
            self._context.metric("valid_loss", epoch.valid_loss, epoch.number)
        for hook in self._hooks:
            hook(self._network, epoch)
        checkpoint.write(lambda: torch_checkpoint.capture(course, parts), is_last=self._context.cancelled())
        self._context.progress(
            epoch.number / self._settings.epochs,
            Message("progress.epoch", "Epoch {epoch:,} of {count:,}", epoch=epoch.number, count=self._settings.epochs),
        )

    def _save(self, path: Path) -> None:
        from safetensors.torch import save_file

        save_file({name: value.detach().cpu() for name, value in self._network.state_dict().items()}, path)

    def _restore(self, path: Path) -> None:
        from safetensors.torch import load_file

        if path.exists():
            self._network.load_state_dict(load_file(path))
