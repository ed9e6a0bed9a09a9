"""A training that was cut off and went on ends with exactly what one in a single piece does."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch

from tasks.training.loop import LoopSettings, Rows, Trainer
from tests.contexts import KeptContext


class Killed(BaseException):
    """What no code may catch."""


@dataclass
class Doomed(KeptContext):
    """Is killed when it tells of an epoch, after its checkpoint was written."""

    dies_at: int = 0
    texts: list[str] = field(default_factory=list)

    def progress(self, share: float, text: str = "") -> None:
        self.texts.append(text)
        if text.startswith(f"Epoch {self.dies_at} "):
            raise Killed


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 3, generator=generator)
    return Rows(inputs, inputs @ torch.tensor([1.0, -2.0, 0.5]) + torch.randn(count, generator=generator))


def squared(outputs, truth):
    return (outputs[:, 0] - truth) ** 2


def network(width=16):
    torch.manual_seed(5)
    return torch.nn.Sequential(
        torch.nn.Linear(3, width),
        torch.nn.BatchNorm1d(width),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(width, 1),
    )


def train(context, *, width=16, **given):
    settings = LoopSettings(**{"epochs": 20, "batch_size": 64, "learning_rate": 0.03, "weight_decay": 0.01, **given})
    model = network(width)
    epochs = Trainer(model, squared, settings, context).fit(rows(300, 0), rows(100, 1))
    return model, epochs


def cut_off(tmp_path, *, at, **given):
    context = Doomed(workspace_path=tmp_path, dies_at=at)
    with pytest.raises(Killed):
        train(context, **given)
    return context


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
@pytest.mark.parametrize("at", [1, 7, 19])
def test_it_ends_bit_for_bit_like_one_that_was_never_cut_off(tmp_path, schedule, at):
    whole, expected = train(KeptContext(workspace_path=tmp_path), schedule=schedule)
    cut = cut_off(tmp_path, at=at, schedule=schedule)
    torch.rand(10)  # another process has another state of randomness
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    model, epochs = train(context, schedule=schedule)
    assert epochs == expected
    for name, value in whole.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name
    assert context.logs[0] == f"Continued from epoch {at}."
    assert [step for name, _, step in cut.points + context.points if name == "train_loss"] == list(range(1, 21))


def test_it_stops_at_the_same_epoch_and_gives_the_same_best_weights(tmp_path):
    whole, expected = train(KeptContext(workspace_path=tmp_path), epochs=300, patience=4)
    assert len(expected) < 300
    cut = cut_off(tmp_path, at=len(expected) - 1, epochs=300, patience=4)
    model, epochs = train(KeptContext(workspace_path=tmp_path, kept=cut.kept), epochs=300, patience=4)
    assert epochs == expected
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in whole.state_dict().items())


def test_one_that_was_cut_off_after_its_end_is_not_trained_again(tmp_path):
    first = KeptContext(workspace_path=tmp_path)
    whole, expected = train(first, epochs=300, patience=4)
    again = KeptContext(workspace_path=tmp_path, kept=first.kept)
    model, epochs = train(again, epochs=300, patience=4)
    assert again.points == []
    assert epochs == expected
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in whole.state_dict().items())


def test_a_second_training_of_the_same_node_has_a_checkpoint_of_its_own(tmp_path):
    whole = KeptContext(workspace_path=tmp_path)
    train(whole)
    second, _ = train(whole, width=8)
    context = Doomed(workspace_path=tmp_path)
    train(context)
    context.dies_at = 6
    with pytest.raises(Killed):
        train(context, width=8)
    again = KeptContext(workspace_path=tmp_path, kept=context.kept)
    train(again)
    model, _ = train(again, width=8)
    assert again.logs == ["Continued from epoch 20.", "Continued from epoch 6."]
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in second.state_dict().items())


def test_a_checkpoint_of_another_network_is_left_alone(tmp_path):
    cut = cut_off(tmp_path, at=3)
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    _, epochs = train(context, width=8, epochs=4)
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4]
    assert context.logs == []
