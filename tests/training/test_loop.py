"""The torch loop: learns, shows curves, stops in time, keeps the best weights, obeys."""

from dataclasses import dataclass

import pytest
import torch

from tasks.contract.errors import Cancelled, NodeError
from tasks.training.loop import LoopSettings, Rows, Trainer
from tests.contexts import ListContext


def rows(count=512, seed=0, noise=0.0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 3, generator=generator)
    truth = inputs @ torch.tensor([1.0, -2.0, 0.5]) + noise * torch.randn(count, generator=generator)
    return Rows(inputs, truth)


def squared(outputs, truth):
    return (outputs[:, 0] - truth) ** 2


def network(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))


def settings(**given):
    return LoopSettings(**{"epochs": 20, "batch_size": 64, "learning_rate": 0.01, **given})


@pytest.fixture
def context(tmp_path):
    return ListContext(workspace_path=tmp_path)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
def test_it_learns_and_shows_both_curves(context, schedule):
    trainer = Trainer(network(), squared, settings(schedule=schedule), context)
    epochs = trainer.fit(rows(), rows(seed=1))
    assert epochs[-1].valid_loss < 0.1 * epochs[0].valid_loss
    curves = {name: [p[1] for p in context.points if p[0] == name] for name in ("train_loss", "valid_loss")}
    assert curves["valid_loss"] == [epoch.valid_loss for epoch in epochs]
    assert curves["train_loss"] == [epoch.train_loss for epoch in epochs]
    assert [p[2] for p in context.points if p[0] == "train_loss"] == list(range(1, 21))


def test_the_best_weights_are_kept_not_the_last(context):
    model = network()
    trainer = Trainer(model, squared, settings(learning_rate=0.3, schedule="constant", epochs=15), context)
    epochs = trainer.fit(rows(noise=1.0), rows(seed=1, noise=1.0))
    best = min(epoch.valid_loss for epoch in epochs)
    assert epochs[-1].valid_loss > best
    assert trainer.loss_of(rows(seed=1, noise=1.0)) == pytest.approx(best, rel=1e-5)


def test_it_stops_when_the_watched_rows_no_longer_improve(context):
    noise = Rows(torch.randn(64, 3), torch.randn(64))
    epochs = Trainer(network(), squared, settings(epochs=500, patience=3), context).fit(noise, rows(seed=1))
    assert len(epochs) < 500
    assert not any(epoch.is_best for epoch in epochs[-3:])
    assert any("Stopped after" in line for line in context.logs)


def test_the_same_seed_gives_the_same_weights(context):
    models = [network(), network()]
    for model in models:
        Trainer(model, squared, settings(epochs=3), context).fit(rows())
    for one, two in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, two)


def test_weights_make_rows_count(context):
    data = rows()
    halves = Rows(data.inputs, torch.where(torch.arange(512) < 256, 5.0, -5.0), (torch.arange(512) < 256).float())
    model = network()
    Trainer(model, squared, settings(epochs=40), context).fit(halves)
    assert model(data.inputs).mean().item() == pytest.approx(5.0, abs=0.5)


@dataclass
class Impatient(ListContext):
    asked: int = 0

    def cancelled(self):
        self.asked += 1
        return self.asked > 3


def test_cancelling_stops_within_an_epoch(tmp_path):
    context = Impatient(workspace_path=tmp_path)
    with pytest.raises(Cancelled):
        Trainer(network(), squared, settings(epochs=1000, batch_size=1), context).fit(rows())
    assert not context.points


def test_a_loss_that_is_no_number_is_explained(context):
    data = rows()
    broken = Rows(data.inputs, data.truth * float("inf"))
    with pytest.raises(NodeError, match="Lower the learning rate"):
        Trainer(network(), squared, settings(), context).fit(broken)


def test_hooks_see_every_epoch(context):
    seen = []
    hooks = [lambda _network, epoch: seen.append(epoch.number)]
    Trainer(network(), squared, settings(epochs=4), context, hooks=hooks).fit(rows())
    assert seen == [1, 2, 3, 4]


def test_one_cycle_rises_then_falls(context):
    trainer = Trainer(network(), squared, settings(schedule="one_cycle"), context)
    rates = [trainer._learning_rate(step / 100) for step in range(100)]
    top = max(range(100), key=rates.__getitem__)
    assert 25 <= top <= 35
    assert rates[0] < 0.1 * rates[top]
    assert rates[-1] < 0.1 * rates[top]


def test_half_precision_learns_alike_on_the_cpu_too(context):
    """The same path as on a graphics card: products in bfloat16, weights and losses in full precision."""
    seen = []
    model = network()
    model[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    epochs = Trainer(model, squared, settings(precision="mixed"), context).fit(rows(), rows(seed=1))
    assert set(seen) == {torch.bfloat16}
    assert epochs[-1].valid_loss < 0.1 * epochs[0].valid_loss
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("precision", ["auto", "full"])
def test_full_precision_is_usual_on_the_cpu(context, precision):
    seen = []
    model = network()
    model[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    Trainer(model, squared, settings(epochs=1, precision=precision), context).fit(rows())
    assert set(seen) == {torch.float32}


def test_a_wild_gradient_is_scaled_down_to_the_limit(context):
    """One row in a thousand is a million times too large; with a limit the rest is learned all the same."""
    data = rows()
    wild = Rows(data.inputs, torch.where(torch.arange(512) == 7, 1e6, data.truth))
    losses = {}
    for limit in (0.0, 0.1):
        model = network()
        Trainer(model, squared, settings(epochs=10, gradient_clip_norm=limit, schedule="constant"), context).fit(wild)
        norms = [float(p.grad.norm()) for p in model.parameters()]
        losses[limit] = squared(model(data.inputs), data.truth).median().item()
        assert not limit or max(norms) <= limit * 1.001
    assert losses[0.1] < losses[0.0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_in_half_precision_learns_alike(context):
    model = network().to("cuda")
    data, other = rows(), rows(seed=1)
    moved = [Rows(part.inputs.cuda(), part.truth.cuda()) for part in (data, other)]
    epochs = Trainer(model, squared, settings(), context).fit(*moved)
    assert epochs[-1].valid_loss < 0.1 * epochs[0].valid_loss
