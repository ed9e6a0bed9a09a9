"""ONNX graphs written by hand, so that they give what training gave to the last digits.

Converters keep thresholds and inputs as float32, and a row between a threshold and its rounded neighbour goes
down the other branch. Here trees and linear models stay in double, and a float32 cast stands only where the
library itself casts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

IR_VERSION = 10
OPSETS = (("", 17), ("ai.onnx.ml", 3))
INPUT, OUTPUT = "rows", "predictions"


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees side by side; a node is a row of these arrays, all of shape (nodes,) but for the leaves.

    Attributes:
        tree: Number of the tree.
        node: Number of the node within its tree; 0 is the root.
        feature: Column that is looked at; 0 in a leaf.
        threshold: ``value <= threshold`` goes to ``true_child``.
        true_child: Node number; 0 in a leaf.
        false_child: Node number; 0 in a leaf.
        missing_true: Whether a missing value goes to ``true_child``.
        is_leaf: Which nodes are leaves.
        leaf_values: Shape (leaves, outputs): what each leaf adds, in the order of the nodes.
        leaf_output: Shape (leaves,): the output a leaf adds to when ``leaf_values`` has one column for several
            outputs; ``None`` when each column is its own output.
        outputs: Number of outputs.
    """

    tree: np.ndarray
    node: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    true_child: np.ndarray
    false_child: np.ndarray
    missing_true: np.ndarray
    is_leaf: np.ndarray
    leaf_values: np.ndarray
    leaf_output: np.ndarray | None
    outputs: int


def linear_graph(weights: np.ndarray, intercept: np.ndarray, link: str) -> bytes:
    """Return ``link(rows @ weights + intercept)`` in double.

    Args:
        weights: Shape (features, outputs).
        intercept: Shape (outputs,).
        link: ``identity``, ``sigmoid`` (one output, two classes) or ``softmax``.
    """
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("MatMul", [INPUT, "weights"], ["product"]),
        helper.make_node("Add", ["product", "intercept"], ["raw"]),
        *_link_nodes(link),
    ]
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(weights, dtype=np.float64), "weights"),
        numpy_helper.from_array(np.asarray(intercept, dtype=np.float64), "intercept"),
    ]
    return _model(nodes, constants, len(weights))


def tree_graph(trees: Trees, features: int, *, base: np.ndarray, link: str, is_float32: bool) -> bytes:
    """Return the sum of trees, plus ``base``, through ``link``.

    Args:
        base: Shape (outputs,), added to the sum.
        is_float32: Round the inputs to float32 first, as scikit-learn does.
    """
    from onnx import TensorProto, helper, numpy_helper

    source = INPUT
    nodes = []
    if is_float32:
        nodes = [
            helper.make_node("Cast", [INPUT], ["rounded"], to=TensorProto.FLOAT),
            helper.make_node("Cast", ["rounded"], ["widened"], to=TensorProto.DOUBLE),
        ]
        source = "widened"
    ensemble = helper.make_node("TreeEnsembleRegressor", [source], ["summed"], domain="ai.onnx.ml")
    _set_tree_attributes(ensemble, trees)
    nodes += [
        ensemble,
        helper.make_node("Cast", ["summed"], ["sum64"], to=TensorProto.DOUBLE),
        helper.make_node("Add", ["sum64", "base"], ["raw"]),
        *_link_nodes(link),
    ]
    return _model(nodes, [numpy_helper.from_array(np.asarray(base, dtype=np.float64), "base")], features)


def network_graph(
    layers: Sequence[tuple[np.ndarray, np.ndarray]], *, activation: str, mean: np.ndarray, scale: np.ndarray, link: str
) -> bytes:
    """Return a feed-forward network in float32 on standardised inputs.

    Args:
        layers: Weights of shape (inputs, outputs) and bias of shape (outputs,), each.
        activation: ``relu`` or ``silu``, between layers.
        mean: Shape (features,), subtracted from the rows in double.
        scale: Shape (features,), the rows are divided by it in double.
        link: As for `linear_graph`.
    """
    from onnx import TensorProto, helper, numpy_helper

    constants = [numpy_helper.from_array(mean.astype(np.float64), "mean")]
    constants.append(numpy_helper.from_array(scale.astype(np.float64), "scale"))
    nodes = [
        helper.make_node("Sub", [INPUT, "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["layer0"], to=TensorProto.FLOAT),
    ]
    for at, (weights, bias) in enumerate(layers):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(weights, dtype=np.float32), f"weights{at}"))
        constants.append(numpy_helper.from_array(np.asarray(bias, dtype=np.float32), f"bias{at}"))
        nodes.append(helper.make_node("Gemm", [f"layer{at}", f"weights{at}", f"bias{at}"], [f"linear{at}"]))
        if at < len(layers) - 1:
            nodes += _activation_nodes(activation, f"linear{at}", f"layer{at + 1}")
    nodes.append(helper.make_node("Cast", [f"linear{len(layers) - 1}"], ["raw"], to=TensorProto.DOUBLE))
    return _model([*nodes, *_link_nodes(link)], constants, len(mean))


def _activation_nodes(activation: str, source: str, result: str) -> list[Any]:
    from onnx import helper

    if activation == "relu":
        return [helper.make_node("Relu", [source], [result])]
    gate = f"{source}_gate"
    return [helper.make_node("Sigmoid", [source], [gate]), helper.make_node("Mul", [source, gate], [result])]


def _link_nodes(link: str) -> list[Any]:
    """Return nodes from ``raw`` to the output: (rows, 1) for regression, (rows, classes) otherwise."""
    from onnx import TensorProto, helper

    if link == "identity":
        return [helper.make_node("Identity", ["raw"], [OUTPUT])]
    if link == "softmax":
        return [helper.make_node("Softmax", ["raw"], [OUTPUT], axis=1)]
    one = helper.make_tensor("one", TensorProto.DOUBLE, [1], [1.0])
    first = [] if link == "complement" else [helper.make_node("Sigmoid", ["raw"], ["second"])]
    second = "raw" if link == "complement" else "second"
    return [
        *first,
        helper.make_node("Constant", [], ["one"], value=one),
        helper.make_node("Sub", ["one", second], ["first"]),
        helper.make_node("Concat", ["first", second], [OUTPUT], axis=1),
    ]


def _set_tree_attributes(ensemble: Any, trees: Trees) -> None:
    """Write the arrays straight into the protocol buffer: the helper takes seconds for a million nodes."""
    from onnx import AttributeProto, numpy_helper

    def integers(name: str, values: np.ndarray) -> None:
        made = ensemble.attribute.add(name=name, type=AttributeProto.INTS)
        made.ints.extend(np.asarray(values, dtype=np.int64).tolist())

    def doubles(name: str, values: np.ndarray) -> None:
        made = ensemble.attribute.add(name=name, type=AttributeProto.TENSOR)
        made.t.CopyFrom(numpy_helper.from_array(np.asarray(values, dtype=np.float64), name))

    integers("nodes_treeids", trees.tree)
    integers("nodes_nodeids", trees.node)
    integers("nodes_featureids", trees.feature)
    integers("nodes_truenodeids", trees.true_child)
    integers("nodes_falsenodeids", trees.false_child)
    integers("nodes_missing_value_tracks_true", trees.missing_true)
    doubles("nodes_values_as_tensor", trees.threshold)
    modes = ensemble.attribute.add(name="nodes_modes", type=AttributeProto.STRINGS)
    modes.strings.extend([b"LEAF" if leaf else b"BRANCH_LEQ" for leaf in trees.is_leaf.tolist()])
    columns = trees.leaf_values.shape[1]
    integers("target_treeids", np.repeat(trees.tree[trees.is_leaf], columns))
    integers("target_nodeids", np.repeat(trees.node[trees.is_leaf], columns))
    own = np.tile(np.arange(columns), len(trees.leaf_values))
    integers("target_ids", own if trees.leaf_output is None else trees.leaf_output)
    doubles("target_weights_as_tensor", trees.leaf_values.ravel())
    ensemble.attribute.add(name="n_targets", type=AttributeProto.INT, i=trees.outputs)
    ensemble.attribute.add(name="post_transform", type=AttributeProto.STRING, s=b"NONE")
    ensemble.attribute.add(name="aggregate_function", type=AttributeProto.STRING, s=b"SUM")


def _model(nodes: list[Any], constants: list[Any], features: int) -> bytes:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, [None, features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, [None, None])],
        constants,
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="leptonweb")
    return bytes(model.SerializeToString())
