"""Fitted trees of scikit-learn and LightGBM as plain arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tasks.inference.onnx_graphs import Trees


def forest_trees(model: Any) -> Trees | None:
    """Return the trees of a scikit-learn forest, each leaf divided by the number of trees.

    With two classes only the second one's probability is kept.

    Returns:
        ``None`` when ``model`` is no forest of a single target.
    """
    trees: list[Any] = [getattr(one, "tree_", None) for one in getattr(model, "estimators_", ())]
    if not trees or any(tree is None or tree.n_outputs != 1 for tree in trees):
        return None
    values = np.concatenate([tree.value[:, 0, :] for tree in trees]) / len(trees)  # (nodes, classes or 1)
    if values.shape[1] == 2 and hasattr(model, "classes_"):
        values = values[:, 1:]
    is_leaf = np.concatenate([tree.children_left for tree in trees]) < 0
    return Trees(
        tree=np.repeat(np.arange(len(trees)), [tree.node_count for tree in trees]),
        node=np.concatenate([np.arange(tree.node_count) for tree in trees]),
        feature=np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees])),
        threshold=np.where(is_leaf, 0.0, np.concatenate([tree.threshold for tree in trees])),
        true_child=np.where(is_leaf, 0, np.concatenate([tree.children_left for tree in trees])),
        false_child=np.where(is_leaf, 0, np.concatenate([tree.children_right for tree in trees])),
        missing_true=np.where(is_leaf, 0, np.concatenate([tree.missing_go_to_left for tree in trees])),
        is_leaf=is_leaf,
        leaf_values=values[is_leaf],
        leaf_output=None,
        outputs=values.shape[1],
    )


def lightgbm_trees(text: str) -> Trees:
    """Return the trees of a LightGBM model in its text form.

    Raises:
        ValueError: A tree splits on categories or fits a linear model in its leaves, which we never ask for.
    """
    head, *blocks = text.split("\nTree=")
    outputs = int(_fields(head).get("num_tree_per_iteration", "1"))
    parts = [_lightgbm_tree(at, dict(_pairs(block))) for at, block in enumerate(blocks)]
    leaf_output = np.concatenate([np.full(len(part["leaf_values"]), at % outputs) for at, part in enumerate(parts)])
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    values = joined.pop("leaf_values")
    return Trees(**joined, leaf_values=values[:, None], leaf_output=leaf_output, outputs=outputs)


def _lightgbm_tree(number: int, fields: dict[str, str]) -> dict[str, np.ndarray]:
    """Return one tree: its splits first, then its leaves, so that a leaf ~k stands at splits + k."""
    if fields.get("num_cat", "0") != "0" or fields.get("is_linear", "0") != "0":
        raise ValueError("Only trees with plain thresholds convert.")
    values = _floats(fields["leaf_value"])
    splits = len(values) - 1
    threshold = _floats(fields["threshold"]) if splits else np.empty(0)
    left = _integers(fields["left_child"]) if splits else np.empty(0, dtype=np.int64)
    right = _integers(fields["right_child"]) if splits else np.empty(0, dtype=np.int64)
    decision = _integers(fields["decision_type"]) if splits else np.empty(0, dtype=np.int64)
    feature = _integers(fields["split_feature"]) if splits else np.empty(0, dtype=np.int64)
    # Bits 2 and 3 say what counts as missing. 2: NaN follows the default side (bit 1); 0: NaN is taken as zero.
    follows_default = (decision >> 2) & 3 == 2
    missing_true = np.where(follows_default, (decision >> 1) & 1, threshold >= 0)
    leaves = np.zeros(len(values), dtype=np.int64)
    return {
        "tree": np.full(splits + len(values), number),
        "node": np.arange(splits + len(values)),
        "feature": np.concatenate([feature, leaves]),
        "threshold": np.concatenate([threshold, leaves]),
        "true_child": np.concatenate([np.where(left < 0, splits + ~left, left), leaves]),
        "false_child": np.concatenate([np.where(right < 0, splits + ~right, right), leaves]),
        "missing_true": np.concatenate([missing_true, leaves]).astype(np.int64),
        "is_leaf": np.arange(splits + len(values)) >= splits,
        "leaf_values": values,
    }


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.split("\n\n", 1)[0].splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _fields(head: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in head.splitlines())}


def _floats(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=np.float64)


def _integers(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=np.int64)
