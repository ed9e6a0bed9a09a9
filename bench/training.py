"""Rows a second of the trainer, beside a bare PyTorch loop on the same rows, network, optimiser and threads.

The trainer runs as in an engine process: curves go over a pipe to another process, weights are kept, checkpoints are
due. The bare loop only trains and looks at the validation rows after every pass. Both run in turns within one process,
so that what else the machine does falls on both; processor time leaves it out altogether.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from bench.machine import describe_machine
from bench.program import run_program
from tasks.artifacts.store import Store
from tasks.engine.channel import Channel
from tasks.engine.context import AttemptContext
from tasks.engine.event_batch import EventBatch
from tasks.training.loop import LoopSettings, Rows, Trainer
from tasks.training.network import feed_forward

TARGET = 0.95


@dataclass(frozen=True)
class Case:
    """What is trained: ``rows`` of ``columns`` numbers, on ``layers`` of ``width`` units, ``batch`` rows a step."""

    name: str
    rows: int
    columns: int
    width: int
    layers: int
    batch: int
    epochs: int

    def network(self) -> torch.nn.Module:
        """Return the untrained network, alike every time."""
        torch.manual_seed(0)
        made: torch.nn.Module = feed_forward(
            self.columns, [self.width] * self.layers, 1, activation="silu", dropout=0.1
        )
        return made

    def data(self) -> tuple[Rows, Rows]:
        """Return training and validation rows."""
        made = torch.Generator().manual_seed(0)
        inputs = torch.randn(self.rows, self.columns, generator=made)
        truth = torch.sin(inputs[:, 0]) + inputs[:, 1] + 0.1 * torch.randn(self.rows, generator=made)
        cut = self.rows * 6 // 7
        return Rows(inputs[:cut], truth[:cut]), Rows(inputs[cut:], truth[cut:])


CASES = (
    Case("20,000 × 30, two layers of 128", rows=20_000, columns=30, width=128, layers=2, batch=214, epochs=4),
    Case("60,000 × 50, three layers of 256", rows=60_000, columns=50, width=256, layers=3, batch=640, epochs=1),
)


def squared(outputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return one loss per row."""
    return torch.nn.functional.mse_loss(outputs[:, 0], truth, reduction="none")


def bare(case: Case, training: Rows, valid: Rows) -> None:
    """Train as one would by hand, with nothing around it."""
    network = case.network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, fused=True)
    for _ in range(case.epochs):
        network.train()
        order = torch.randperm(len(training))
        for start in range(0, len(training), case.batch):
            chosen = order[start : start + case.batch]
            loss = squared(network(training.inputs[chosen]), training.truth[chosen]).mean()
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
        network.eval()
        with torch.inference_mode():
            squared(network(valid.inputs), valid.truth).mean().item()


def ours(case: Case, training: Rows, valid: Rows, context: AttemptContext) -> None:
    """Train as the neural network node does."""
    settings = LoopSettings(case.epochs, case.batch, 3e-3, schedule="one_cycle", patience=8)
    Trainer(case.network(), squared, settings, context).fit(training, valid)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measure(case: Case, rounds: int, context: AttemptContext) -> float:
    """Print one case and return the trainer's share of the bare loop's throughput, by processor time."""
    training, valid = case.data()
    by_clock, by_processor, fastest = [], [], float("inf")
    for at in range(rounds + 1):
        works = [lambda: bare(case, training, valid), lambda: ours(case, training, valid, context)]
        order = (0, 1) if at % 2 else (1, 0)
        seconds = {which: timed(works[which]) for which in order}
        if at:  # the first round warms up
            by_clock.append(seconds[0][0] / seconds[1][0])
            by_processor.append(seconds[0][1] / seconds[1][1])
            fastest = min(fastest, seconds[1][0])
    share = statistics.median(by_processor)
    print(
        f"{case.name}: {share:.3f} of the bare loop by processor time ({min(by_processor):.2f} to "
        f"{max(by_processor):.2f}), {statistics.median(by_clock):.3f} by the clock; "
        f"{case.epochs * len(training) / fastest:,.0f} rows a second at best"
    )
    return share


def main() -> int:
    """Print every case; the exit code is 1 when one is below the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(describe_machine())
    torch.set_num_threads(1)  # as the trainer does for steps this small; the bare loop gains by it too
    with tempfile.TemporaryDirectory() as folder:
        reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert reader.stdin is not None
        channel = Channel(sys.stdin.buffer, reader.stdin)  # type: ignore[arg-type]
        events = EventBatch(channel)
        events.start()
        place = {"store": Path(folder, "kept").as_uri(), "key": "bench", "seconds": 30.0}
        request = {"seed": 0, "workspace": folder, "checkpoint": place}
        context = AttemptContext(request, Store(Path(folder, "store").as_uri()), channel, events)
        shares = [measure(case, rounds, context) for case in CASES]
        events.flush()
        reader.stdin.close()
        reader.wait()
    return 0 if min(shares) >= TARGET else 1


if __name__ == "__main__":
    run_program(main)
