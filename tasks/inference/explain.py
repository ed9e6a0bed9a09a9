"""What each raw column adds to a prediction, against a stored sample of rows that were not trained on.

A weighted sum (linear and logistic models whose features each come from one column) is taken apart exactly. For any
other model, columns are switched in random orders, from the values of a background row to the values of the
explained row, and each column is credited with what its switch changed (Shapley values by permutation sampling).
Either way base and contributions add up to the prediction on the scale that is named.

Source: Štrumbelj, Kononenko, "Explaining prediction models and individual predictions with feature contributions"
(2014), doi:10.1007/s10115-013-0679-x. Deviation: each order is also walked backwards (antithetic), and every
background row is walked equally often, so that the base is the mean over the background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.contract.schema import Schema
from tasks.contract.transform import Transform, prune, run_transforms

ROWS_AT_ONCE = 100
"""Rows that may be explained in one request."""
ASKED_PER_ROW = 4096
ASKED_PER_REQUEST = 100_000
"""Most rows the model is asked for one explanation and for all of a request, beyond one walk there and back each."""
BACKGROUND_ROWS = 64
MOST_WEIGHTS = 20_000
WEIGHTS = "linear.weights"
SEED = 20_260_101

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Explanation:
    """One row explained.

    Attributes:
        of: Class whose probability or log-odds is explained; empty for regression.
        scale: ``value``, ``log-odds`` or ``probability``.
        base: What the model gives on average over the background.
        contributions: What each raw column adds; with ``base`` they add up to the row's own prediction.
    """

    of: str
    scale: str
    base: float
    contributions: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"of": self.of, "scale": self.scale, "base": self.base, "contributions": self.contributions}


def linear_manifest(estimator: Any, arrays: dict[str, np.ndarray]) -> dict[str, Any] | None:
    """Return a weighted sum as JSON data, its weights in ``arrays`` under `WEIGHTS`; ``None`` for other functions."""
    weights, link = getattr(estimator, "weights", None), getattr(estimator, "link", "")
    if not isinstance(weights, np.ndarray) or link not in ("identity", "sigmoid"):
        return None
    if weights.shape[1:] != (1,) or len(weights) > MOST_WEIGHTS:
        return None
    arrays[WEIGHTS] = np.ascontiguousarray(weights[:, 0], dtype=np.float64)
    return {"link": link, "weights": WEIGHTS, "intercept": float(np.ravel(estimator.intercept)[0])}


class Explainer:
    """Explains rows of one program.

    Args:
        manifest: The program's.
        arrays: Those that the manifest names.
        transforms: From raw columns to features.
        background: Checked raw columns of the stored sample, and how many rows they have.
        output: The program's function of raw columns and their number of rows.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        transforms: Sequence[Transform],
        *,
        background: tuple[Columns, int],
        output: Callable[[Columns, int], np.ndarray],
    ) -> None:
        self._names = Schema.model_validate(manifest["raw_schema"]).names
        self._features = tuple(manifest["features"])
        self._classes = tuple(manifest["classes"])
        self._transforms = tuple(transforms)
        self._background, self._background_rows = background
        self._output = output
        self._linear: Mapping[str, Any] | None = manifest.get("linear")
        self._weights = _weights(self._linear, arrays)
        self._owners = self._owners_of_features() if self._linear else None

    def explain(self, columns: Columns, rows: int) -> list[Explanation]:
        """Return one explanation a row.

        Args:
            columns: Checked raw columns.
            rows: Their length, at most `ROWS_AT_ONCE`.
        """
        if self._linear is not None and self._owners is not None:
            return self._take_apart(self._linear, self._owners, columns, rows)
        explained = self._explained_outputs(self._output(columns, rows)) if self._classes else np.zeros(rows, int)
        return [
            self._walk({name: columns[name][at] for name in self._names}, int(explained[at]), rows)
            for at in range(rows)
        ]

    def _owners_of_features(self) -> np.ndarray | None:
        """Return the position of the one raw column behind each feature; ``None`` when one has several."""
        owners = []
        for feature in self._features:
            raw = prune(self._transforms, [feature])[1]
            if len(raw) != 1:
                return None
            owners.append(self._names.index(next(iter(raw))))
        return np.asarray(owners, dtype=np.int64)

    def _take_apart(
        self, linear: Mapping[str, Any], owners: np.ndarray, columns: Columns, rows: int
    ) -> list[Explanation]:
        weights = self._weights
        usual = self._matrix(self._background, self._background_rows).mean(axis=0)
        parts = (self._matrix(columns, rows) - usual) * weights  # (rows, features)
        summed = np.zeros((rows, len(self._names)))
        np.add.at(summed.T, owners, parts.T)
        base = float(usual @ weights + linear["intercept"])
        of, scale = (self._classes[1], "log-odds") if linear["link"] == "sigmoid" else ("", "value")
        return [Explanation(of, scale, base, dict(zip(self._names, row, strict=True))) for row in summed.tolist()]

    def _matrix(self, columns: Columns, rows: int) -> np.ndarray:
        made = run_transforms(self._transforms, columns)
        stacked = np.concatenate([made[name] for name in self._features]).reshape(len(self._features), rows)
        return np.asarray(stacked.T, dtype=np.float64)

    def _explained_outputs(self, output: np.ndarray) -> np.ndarray:
        """Return the class to explain: the second of two, so that signs mean the same in each row, or the likeliest."""
        return np.ones(len(output), int) if output.shape[1] == 2 else np.argmax(output, axis=1)

    def _walk(self, row: Mapping[str, Any], explained: int, rows: int) -> Explanation:
        width = len(self._names)
        walks = self._walks(rows)
        random = np.random.default_rng(SEED)
        forward = random.permuted(np.tile(np.arange(width), (walks // 2, 1)), axis=1)
        orders = np.concatenate([forward, forward[:, ::-1]])  # (walks, columns): which column is switched when
        turn = np.argsort(orders, axis=1)  # when each column is switched
        source = np.arange(walks) % (walks // 2) % self._background_rows
        is_switched = np.arange(width + 1)[None, :] > turn.T[:, :, None]  # (columns, walks, moments)
        batch = {
            name: np.where(is_switched[at], row[name], self._background[name][source][:, None]).ravel()
            for at, name in enumerate(self._names)
        }
        outputs = self._output(batch, walks * (width + 1))
        values = (outputs[:, explained] if self._classes else outputs).reshape(walks, width + 1)
        credit = np.take_along_axis(np.diff(values, axis=1), turn, axis=1).mean(axis=0)  # (columns,)
        of, scale = (self._classes[explained], "probability") if self._classes else ("", "value")
        contributions = dict(zip(self._names, credit.tolist(), strict=True))
        return Explanation(of, scale, float(values[:, 0].mean()), contributions)

    def _walks(self, rows: int) -> int:
        """Return how many walks: each background row there and back, or as many as the budget allows."""
        budget = min(ASKED_PER_ROW, ASKED_PER_REQUEST // rows) // (len(self._names) + 1)
        pairs = max(budget // 2, 1)
        if pairs > self._background_rows:
            pairs -= pairs % self._background_rows
        return 2 * pairs


def _weights(linear: Mapping[str, Any] | None, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the weights of a weighted sum: shape (features,). In form 1 they were written out in the manifest."""
    if linear is None:
        return np.empty(0)
    written = linear["weights"]
    return arrays[written] if isinstance(written, str) else np.asarray(written, dtype=np.float64)
