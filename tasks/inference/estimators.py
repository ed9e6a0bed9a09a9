"""Fitted functions behind one protocol (`tasks.contract.model.Estimator`), and the loaders of their native files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasks.inference import onnx_graphs
from tasks.native_libraries import import_lightgbm

_HERE = "tasks.inference.estimators"


@dataclass(eq=False)
class LinearEstimator:
    """Weights, intercept and a link function; linear and logistic models of any penalty.

    Attributes:
        weights: Shape (features, outputs); one output for regression and for two classes.
        intercept: Shape (outputs,).
        link: ``identity``, ``sigmoid`` or ``softmax``.
    """

    weights: np.ndarray
    intercept: np.ndarray
    link: str
    kind: str = field(default=f"{_HERE}:load_linear", init=False)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions or probabilities of shape (rows,) or (rows, classes)."""
        return linked(matrix @ self.weights + self.intercept, self.link)

    def files(self) -> Mapping[str, bytes]:
        """Return the weights as NumPy arrays and the link as JSON."""
        sink = io.BytesIO()
        np.savez(sink, weights=self.weights, intercept=self.intercept)
        return {"linear.npz": sink.getvalue(), "linear.json": json.dumps({"link": self.link}).encode()}

    def to_onnx(self, features: int) -> bytes | None:  # noqa: ARG002 - the weights know
        """Return the same function as ONNX in double."""
        return onnx_graphs.linear_graph(self.weights, self.intercept, self.link)


def load_linear(files: Mapping[str, bytes]) -> LinearEstimator:
    """Return the estimator that `LinearEstimator.files` wrote."""
    arrays = np.load(io.BytesIO(files["linear.npz"]), allow_pickle=False)
    return LinearEstimator(arrays["weights"], arrays["intercept"], json.loads(files["linear.json"])["link"])


@dataclass(eq=False)
class SklearnEstimator:
    """A fitted scikit-learn estimator. Forests convert to ONNX; others run from their joblib file."""

    model: Any
    kind: str = field(default=f"{_HERE}:load_sklearn", init=False)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions, or probabilities where the estimator gives them."""
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(matrix), dtype=np.float64)
        return np.asarray(self.model.predict(matrix), dtype=np.float64)

    def files(self) -> Mapping[str, bytes]:
        """Return the estimator as a joblib file; whoever keeps it signs it."""
        import joblib

        sink = io.BytesIO()
        joblib.dump(self.model, sink, compress=("zlib", 1))
        return {"model.joblib": sink.getvalue()}

    def to_onnx(self, features: int) -> bytes | None:
        """Return a forest as ONNX; ``None`` for other estimators."""
        from tasks.inference.trees import forest_trees

        trees = forest_trees(self.model)
        if trees is None:
            return None
        link = "complement" if trees.outputs == 1 and hasattr(self.model, "classes_") else "identity"
        base = np.zeros(trees.outputs)
        return onnx_graphs.tree_graph(trees, features, base=base, link=link, is_float32=True)


def load_sklearn(files: Mapping[str, bytes]) -> SklearnEstimator:
    """Return the estimator of a joblib file. Check its signature first: a joblib file can run code."""
    import joblib

    return SklearnEstimator(joblib.load(io.BytesIO(files["model.joblib"])))


@dataclass(eq=False)
class LightGBMEstimator:
    """Boosted trees in LightGBM's own text form.

    ``link``: ``identity``, ``sigmoid`` or ``softmax``, applied to the raw scores.
    """

    text: str
    link: str
    kind: str = field(default=f"{_HERE}:load_lightgbm", init=False)
    _booster: Any = field(default=None, init=False, repr=False)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions or probabilities of shape (rows,) or (rows, classes)."""
        if self._booster is None:
            lightgbm = import_lightgbm()

            self._booster = lightgbm.Booster(model_str=self.text)
        raw = np.asarray(self._booster.predict(matrix, raw_score=True), dtype=np.float64)
        return linked(raw.reshape(len(matrix), -1), self.link)

    def files(self) -> Mapping[str, bytes]:
        """Return the trees as text and the link as JSON."""
        return {"lightgbm.txt": self.text.encode(), "lightgbm.json": json.dumps({"link": self.link}).encode()}

    def to_onnx(self, features: int) -> bytes | None:
        """Return the same trees as ONNX with their double thresholds."""
        from tasks.inference.trees import lightgbm_trees

        trees = lightgbm_trees(self.text)
        base = np.zeros(trees.outputs)
        return onnx_graphs.tree_graph(trees, features, base=base, link=self.link, is_float32=False)


def load_lightgbm(files: Mapping[str, bytes]) -> LightGBMEstimator:
    """Return the estimator that `LightGBMEstimator.files` wrote."""
    return LightGBMEstimator(files["lightgbm.txt"].decode(), json.loads(files["lightgbm.json"])["link"])


@dataclass(eq=False)
class NetworkEstimator:
    """A feed-forward network: standardised inputs, linear layers, one activation between them.

    Attributes:
        layers: Weights of shape (inputs, outputs) and bias of shape (outputs,), float32, each.
        activation: ``relu`` or ``silu``.
        mean: Shape (features,).
        scale: Shape (features,).
        link: ``identity``, ``sigmoid`` or ``softmax``.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    activation: str
    mean: np.ndarray
    scale: np.ndarray
    link: str
    kind: str = field(default=f"{_HERE}:load_network", init=False)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions or probabilities of shape (rows,) or (rows, classes)."""
        current = ((matrix - self.mean) / self.scale).astype(np.float32)
        for at, (weights, bias) in enumerate(self.layers):
            current = current @ weights + bias
            if at < len(self.layers) - 1:
                current = np.maximum(current, 0) if self.activation == "relu" else current * _sigmoid(current)
        return linked(current.astype(np.float64), self.link)

    def files(self) -> Mapping[str, bytes]:
        """Return the tensors as safetensors and the architecture as JSON."""
        from safetensors.numpy import save

        tensors = {"mean": self.mean.astype(np.float64), "scale": self.scale.astype(np.float64)}
        for at, (weights, bias) in enumerate(self.layers):
            tensors[f"weights{at}"] = np.ascontiguousarray(weights)
            tensors[f"bias{at}"] = np.ascontiguousarray(bias)
        about = {"layers": len(self.layers), "activation": self.activation, "link": self.link}
        return {"network.safetensors": save(tensors), "network.json": json.dumps(about).encode()}

    def to_onnx(self, features: int) -> bytes | None:  # noqa: ARG002 - the layers know
        """Return the same network as ONNX."""
        return onnx_graphs.network_graph(
            self.layers, activation=self.activation, mean=self.mean, scale=self.scale, link=self.link
        )


def load_network(files: Mapping[str, bytes]) -> NetworkEstimator:
    """Return the estimator that `NetworkEstimator.files` wrote."""
    from safetensors.numpy import load

    tensors = load(files["network.safetensors"])
    about = json.loads(files["network.json"])
    layers = tuple((tensors[f"weights{at}"], tensors[f"bias{at}"]) for at in range(about["layers"]))
    return NetworkEstimator(layers, about["activation"], tensors["mean"], tensors["scale"], about["link"])


def linked(raw: np.ndarray, link: str) -> np.ndarray:
    """Return raw outputs of shape (rows, outputs) as predictions (rows,) or probabilities (rows, classes)."""
    if link == "identity":
        return raw[:, 0]
    if link == "softmax":
        grown = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))
    second = _sigmoid(raw[:, 0])
    return np.column_stack([1 - second, second])


def _sigmoid(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-values)))
