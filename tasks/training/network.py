"""A feed-forward network for tables, and its way into a plain estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.inference.estimators import NetworkEstimator


def feed_forward(inputs: int, hidden: Sequence[int], outputs: int, *, activation: str, dropout: float) -> Any:
    """Return a torch network: linear layers with an activation and dropout between them."""
    from torch import nn

    layers: list[Any] = []
    width = inputs
    for size in hidden:
        layers += [nn.Linear(width, size), nn.ReLU() if activation == "relu" else nn.SiLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        width = size
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def as_estimator(
    network: Any, *, activation: str, mean: np.ndarray, scale: np.ndarray, link: str, target: tuple[float, float]
) -> NetworkEstimator:
    """Return the network as arrays.

    Args:
        network: What `feed_forward` made, trained on standardised columns.
        activation: As given to `feed_forward`.
        mean: Shape (features,), of the training rows.
        scale: Shape (features,), of the training rows.
        link: As for `NetworkEstimator`.
        target: Mean and scale the target was standardised with; (0, 1) for classes.
    """
    from torch import nn

    layers = [
        (
            module.weight.detach().cpu().numpy().T.astype(np.float32),
            module.bias.detach().cpu().numpy().astype(np.float32),
        )
        for module in network
        if isinstance(module, nn.Linear)
    ]
    weights, bias = layers[-1]
    middle, spread = target
    layers[-1] = ((weights * np.float32(spread)), (bias * np.float32(spread) + np.float32(middle)))
    return NetworkEstimator(tuple(layers), activation, mean, scale, link)
