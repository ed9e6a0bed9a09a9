"""The estimators that our learners fit, with their native files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from tasks.contract.predictor import Estimator, predictor
from tasks.inference import onnx_graphs
from tasks.native_libraries import import_lightgbm


@predictor("estimator.linear", aliases=("tasks.inference.estimators:load_linear",))
@dataclass(eq=False)
class LinearEstimator(Estimator):
    """Weights, intercept and a link function; linear and logistic models of any penalty.

    Attributes:
        weights: Shape (features, outputs); one output for regression and for two classes.
        intercept: Shape (outputs,).
        link: ``identity``, ``sigmoid`` or ``softmax``.
    """

    weights: np.ndarray
    intercept: np.ndarray
    link: str

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions or probabilities of shape (rows,) or (rows, classes)."""
        return linked(matrix @ self.weights + self.intercept, self.link)

    def files(self) -> Mapping[str, bytes]:
        """Return the weights as NumPy arrays and the link as JSON."""
        sink = io.BytesIO()
        np.savez(sink, weights=self.weights, intercept=self.intercept)
        return {"linear.npz": sink.getvalue(), "linear.json": json.dumps({"link": self.link}).encode()}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Return the estimator that `files` wrote."""
        arrays = np.load(io.BytesIO(files["linear.npz"]), allow_pickle=False)
        return cls(arrays["weights"], arrays["intercept"], json.loads(files["linear.json"])["link"])

    def to_onnx(self, features: int) -> bytes | None:  # noqa: ARG002 - the weights know
        """Return the same function as ONNX in double."""
        return onnx_graphs.linear_graph(self.weights, self.intercept, self.link)


@predictor("estimator.scikit_learn", aliases=("tasks.inference.estimators:load_sklearn",))
@dataclass(eq=False)
class SklearnEstimator(Estimator):
    """A fitted scikit-learn estimator. Forests convert to ONNX; others run from their joblib file."""

    model: Any

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions, or probabilities where the estimator gives them."""
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(matrix), dtype=np.float64)
        return np.asarray(self.model.predict(matrix), dtype=np.float64)

    def files(self) -> Mapping[str, bytes]:
        """Return the estimator as a joblib file, which the store signs."""
        import joblib

        sink = io.BytesIO()
        joblib.dump(self.model, sink, compress=("zlib", 1))
        return {"model.joblib": sink.getvalue()}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Return the estimator of a joblib file. Check its signature first: a joblib file can run code."""
        import joblib

        return cls(joblib.load(io.BytesIO(files["model.joblib"])))

    def to_onnx(self, features: int) -> bytes | None:
        """Return a forest as ONNX; ``None`` for other estimators."""
        from tasks.inference.trees import forest_trees

        trees = forest_trees(self.model)
        if trees is None:
            return None
        link = "complement" if trees.outputs == 1 and hasattr(self.model, "classes_") else "identity"
        base = np.zeros(trees.outputs)
        return onnx_graphs.tree_graph(trees, features, base=base, link=link, is_float32=True)


@predictor("estimator.lightgbm", aliases=("tasks.inference.estimators:load_lightgbm",))
@dataclass(eq=False)
class LightGBMEstimator(Estimator):
    """Boosted trees in LightGBM's own text form.

    ``link``: ``identity``, ``sigmoid`` or ``softmax``, applied to the raw scores.
    """

    text: str
    link: str
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

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Return the estimator that `files` wrote."""
        return cls(files["lightgbm.txt"].decode(), json.loads(files["lightgbm.json"])["link"])

    def to_onnx(self, features: int) -> bytes | None:
        """Return the same trees as ONNX with their double thresholds."""
        from tasks.inference.trees import lightgbm_trees

        trees = lightgbm_trees(self.text)
        base = np.zeros(trees.outputs)
        return onnx_graphs.tree_graph(trees, features, base=base, link=self.link, is_float32=False)


@predictor("estimator.network", aliases=("tasks.inference.estimators:load_network",))
@dataclass(eq=False)
class NetworkEstimator(Estimator):
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

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Return the estimator that `files` wrote."""
        from safetensors.numpy import load

        tensors = load(files["network.safetensors"])
        about = json.loads(files["network.json"])
        layers = tuple((tensors[f"weights{at}"], tensors[f"bias{at}"]) for at in range(about["layers"]))
        return cls(layers, about["activation"], tensors["mean"], tensors["scale"], about["link"])

    def to_onnx(self, features: int) -> bytes | None:  # noqa: ARG002 - the layers know
        """Return the same network as ONNX."""
        return onnx_graphs.network_graph(
            self.layers, activation=self.activation, mean=self.mean, scale=self.scale, link=self.link
        )


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
