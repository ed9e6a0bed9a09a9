"""Packages made by hand: a line through two numbers, and a yes-or-no model with a category."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tasks.contract.model import Package
from tasks.contract.schema import Schema
from tasks.inference.drift import reference_of
from tasks.inference.program import FORMAT

PARITY = {"rows": 3, "largest_difference": 0.0, "tolerance": 1e-5, "milliseconds_per_row": 0.05}


def column(name, kind, **known):
    return {
        "name": name,
        "type": kind,
        "role": "feature",
        "categories": known.get("categories"),
        "nullable": known.get("nullable", False),
        "minimum": known.get("minimum"),
        "maximum": known.get("maximum"),
    }


def linear_onnx(weights, bias):
    """Return ONNX bytes of ``matrix @ weights + bias``."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.asarray(weights, dtype=np.float64).reshape(-1, 1)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["product"]),
            helper.make_node("Add", ["product", "b"], ["y"]),
        ],
        "line",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, len(weights)])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [None, 1])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.asarray([bias], dtype=np.float64), "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def line(slope=2.0, name="Line", bias=1.0):
    """Return a package that answers ``slope * size + rooms + bias``."""
    program = {
        "format": FORMAT,
        "task": "regression",
        "target": "price",
        "classes": [],
        "class_values": [],
        "threshold": 0.5,
        "features": ["size", "rooms"],
        "raw_schema": {
            "columns": [column("size", "number", minimum=10, maximum=300), column("rooms", "integer")],
            "is_open": False,
        },
        "steps": [],
        "estimator": {"format": "onnx", "files": ["model.onnx"]},
        "example": {"size": 80.0, "rooms": 3},
        "metrics": {"r2": 0.9},
        "scored_on": "test",
        "learner": "model.linear",
        "lineage": {"seed": "0"},
    }
    return Package(name, program, {"model.onnx": linear_onnx([slope, 1.0], bias)}, PARITY)


def referenced(slope=2):
    """Return a package that says how its training rows were spread: sizes from 0 to 99, one to four rooms."""
    package = line(slope=slope)
    sizes = {"size": np.arange(100.0), "rooms": np.arange(100.0) % 4 + 1}
    reference = reference_of(Schema.model_validate(package.program["raw_schema"]), sizes, sizes["size"].tolist(), None)
    return replace(package, program={**package.program, "reference": reference})
